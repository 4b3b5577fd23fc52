//! Whether a file is what its name says, without running or loading anything of it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use safetensors::tensor::Metadata;
use serde::de::IgnoredAny;
use thiserror::Error;

/// A header of safetensors that is longer is none; the format says so.
const LONGEST_HEADER: u64 = 100_000_000;

/// Why a file is not what its name says. Whoever publishes it must act, or it was damaged on the way.
#[derive(Debug, Error)]
pub enum ContentError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// Loading it could run any program.
    #[error("it is a pickle under another name, which could run any program and is never loaded")]
    Pickle,
    /// It ends before its header does.
    #[error("it ends within its header, after {0} bytes")]
    ShortHeader(u64),
    /// It claims a header longer than any.
    #[error("it has no header of safetensors")]
    NoHeader,
    /// The header contradicts itself or is not JSON.
    #[error("its header is not valid")]
    Header(#[source] serde_json::Error),
    /// The header describes more or less than there is.
    #[error("it has {found} bytes where its header describes {expected}")]
    Length {
        /// By its header.
        expected: u64,
        /// On the disk.
        found: u64,
    },
    /// Not JSON.
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
}

/// Checks a file by the extension that it has or will have.
pub(crate) fn check(path: &Path, extension: &str) -> Result<(), ContentError> {
    match extension {
        "safetensors" => tensors(path).map(drop),
        "json" => {
            not_a_pickle(path)?;
            let text = BufReader::new(File::open(path)?);
            serde_json::from_reader::<_, IgnoredAny>(text).map(drop).map_err(ContentError::Json)
        }
        _ => not_a_pickle(path),
    }
}

/// The names of the tensors in a file of safetensors whose header is sound: shapes, types and offsets agree, tensors
/// lie side by side without gap or overlap, and the file ends where the last of them does.
pub(crate) fn tensors(path: &Path) -> Result<BTreeSet<String>, ContentError> {
    not_a_pickle(path)?;
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| ContentError::ShortHeader(size))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(ContentError::NoHeader);
    }
    if size - 8 < length {
        return Err(ContentError::ShortHeader(size));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header)?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(ContentError::Header)?;
    let expected = (8 + length).saturating_add(metadata.data_len() as u64);
    if expected != size {
        return Err(ContentError::Length { expected, found: size });
    }
    Ok(metadata.tensors().into_keys().collect())
}

/// Pickles begin with an opcode for their version, and those of PyTorch lie in a zip archive or a tar archive.
fn not_a_pickle(path: &Path) -> Result<(), ContentError> {
    let mut start = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut start)?;
    let zip = start.starts_with(b"PK\x03\x04");
    let tar = start.get(257..262) == Some(b"ustar");
    // A header of safetensors may begin with the same two bytes, being a length; its ninth byte opens an object.
    let pickle = matches!(start.as_slice(), [0x80, 2..=5, ..]) && start.get(8) != Some(&b'{');
    if zip || tar || pickle { Err(ContentError::Pickle) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A file of safetensors with this header and so many bytes of data.
    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    fn checked(extension: &str, bytes: &[u8]) -> Result<(), ContentError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        check(file.path(), extension)
    }

    const PAIR: &str = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                           "b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}}"#;

    #[test]
    fn a_sound_file_passes_and_a_longer_or_shorter_one_does_not() {
        checked("safetensors", &file(PAIR, 12)).unwrap();
        for length in [0, 11, 13] {
            let error = checked("safetensors", &file(PAIR, length)).unwrap_err();
            assert!(matches!(error, ContentError::Length { .. }), "{error}");
        }
        for bytes in [&file(PAIR, 0)[..50], b"short", b""] {
            assert!(matches!(checked("safetensors", bytes), Err(ContentError::ShortHeader(_))));
        }
        assert!(matches!(checked("safetensors", &[0xff; 64]), Err(ContentError::NoHeader)));
    }

    #[test]
    fn headers_that_contradict_themselves_are_refused() {
        for header in [
            "{",
            "[]",
            // Overlap, gap, backwards, other size than the shape's, unknown type, more than any machine has.
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
            r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
            r#"{"a":{"dtype":"X9","shape":[2],"data_offsets":[0,8]}}"#,
            r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}"#,
        ] {
            let error = checked("safetensors", &file(header, 12)).unwrap_err();
            assert!(matches!(error, ContentError::Header(_)), "{header}: {error}");
        }
    }

    #[test]
    fn a_pickle_is_recognised_under_any_name() {
        let zip = b"PK\x03\x04rest of an archive by torch.save".as_slice();
        let mut tar = vec![b'x'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for bytes in [zip, b"\x80\x02}q\x00X\x05\x00\x00\x00hello", b"\x80\x04\x95", &tar] {
            for extension in ["safetensors", "json", "txt"] {
                assert!(matches!(checked(extension, bytes), Err(ContentError::Pickle)), "{extension}");
            }
        }
        // The same two bytes as a length: 0x280 = 640.
        let padded = format!("{PAIR:640}");
        checked("safetensors", &file(&padded, 12)).unwrap();
    }

    #[test]
    fn json_must_be_json() {
        checked("json", b"{\"a\": [1, 2]}").unwrap();
        assert!(matches!(checked("json", b"<html>"), Err(ContentError::Json(_))));
        checked("txt", b"any text").unwrap();
    }
}
