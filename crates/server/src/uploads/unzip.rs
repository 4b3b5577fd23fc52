//! Archives, unpacked into temporary files. An archive is taken as a whole or not at all.
//!
//! Nothing in it is believed: sizes are counted while they are written, names are only names, and whatever is
//! not a plain file (a link, an archive inside, a secret) refuses the archive.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, Write as _};

use thiserror::Error;
use zip::ZipReadOptions;
use zip::read::Config;
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::Incoming;
use super::kind::{HEAD, Kind};
use crate::config::Limits;
use crate::media;

/// Files in one archive.
const ENTRIES: usize = 200;
/// How much larger an archive may become. Deflated text seldom exceeds 20, a bomb reaches 1000.
const RATIO: u64 = 100;
/// How many times the pixels of the largest picture all pictures in an archive may have: with the limits as
/// they come, some thirty photographs of a telephone, or ten seconds of decoding.
const PICTURES: u64 = 8;

/// Why an archive is not unpacked. Worded to follow a parameter's name.
#[derive(Debug, Error)]
pub(crate) enum UnzipError {
    /// It cannot be read.
    #[error("is a damaged zip archive")]
    Damaged(#[source] ZipError),
    /// It has too many entries.
    #[error("must hold at most {ENTRIES} files")]
    TooMany,
    /// One file is too large, or all together are.
    #[error("must unpack to at most {file} MB a file and {total} MB in all")]
    TooLarge {
        /// Megabytes of one file.
        file: u64,
        /// Megabytes of all.
        total: u64,
    },
    /// It grows like a bomb.
    #[error("must not unpack to more than {RATIO} times its size")]
    Bomb,
    /// Its pictures are too large together.
    #[error("must hold pictures of at most {megapixels} megapixels in all")]
    TooManyPixels {
        /// The limit in millions.
        megapixels: u64,
    },
    /// An entry is no plain file, or lies outside the archive.
    #[error("must hold plain files only, without links, passwords, archives or paths that lead outside")]
    NotPlain,
    /// It holds nothing.
    #[error("holds no files")]
    Empty,
    /// A temporary file cannot be written. The operator must act.
    #[error("cannot be unpacked")]
    Temporary(#[source] io::Error),
}

/// The files of an archive, in its order. Blocks.
pub(super) fn unzip(archive: File, limits: &Limits) -> Result<Vec<Incoming>, UnzipError> {
    let size = archive.metadata().map_err(UnzipError::Temporary)?.len();
    // Reads the directory entry by entry: a directory of a million entries is never held in memory.
    let mut archive = ZipIterable::try_new(archive, Config::default()).map_err(UnzipError::Damaged)?;
    if archive.len() > ENTRIES {
        return Err(UnzipError::TooMany);
    }
    let mut budget = Budget { limits, archive: size, written: 0, pixels: 0 };
    let mut unpacked = Vec::new();
    let entries = archive.files().map_err(UnzipError::Damaged)?;
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(UnzipError::Damaged)?;
        let name = entry.name().map_err(UnzipError::Damaged)?.into_owned();
        if entry.is_symlink() || entry.encrypted() || !stays_inside(&name) {
            return Err(UnzipError::NotPlain);
        }
        if entry.is_dir() || is_litter(&name) {
            continue;
        }
        let body = entry.with_reader(entries.reader_mut(), ZipReadOptions::new());
        let file = budget.unpack(body.map_err(UnzipError::Damaged)?)?;
        let (file, head) = peek(file).map_err(UnzipError::Temporary)?;
        match Kind::of(&head, &name) {
            Kind::Archive => return Err(UnzipError::NotPlain),
            Kind::Picture => budget.look_at(&file)?,
            _ => {}
        }
        unpacked.push(Incoming { name, file });
    }
    if unpacked.is_empty() { Err(UnzipError::Empty) } else { Ok(unpacked) }
}

/// Relative, and never upwards. Names are reduced to their last part anyway; an archive that tries is refused.
fn stays_inside(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    !name.starts_with(['/', '\\'])
        && !name.contains('\0')
        && !name.contains(':')
        && parts.all(|part| part != "..")
}

/// What desktop systems add unasked.
fn is_litter(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    name.starts_with("__MACOSX/") || matches!(last, ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

/// The first bytes of a file, which is left at its start.
pub(super) fn peek(mut file: File) -> io::Result<(File, Vec<u8>)> {
    let mut head = Vec::with_capacity(HEAD);
    file.rewind()?;
    (&file).take(HEAD as u64).read_to_end(&mut head)?;
    file.rewind()?;
    Ok((file, head))
}

/// What may still be written.
struct Budget<'a> {
    limits: &'a Limits,
    archive: u64,
    written: u64,
    pixels: u64,
}

impl Budget<'_> {
    fn unpack(&mut self, mut body: impl io::Read) -> Result<File, UnzipError> {
        let mut file = tempfile::tempfile().map_err(UnzipError::Temporary)?;
        let mut buffer = vec![0; 64 << 10];
        let mut size = 0;
        loop {
            let read = body.read(&mut buffer).map_err(|error| UnzipError::Damaged(error.into()))?;
            if read == 0 {
                return Ok(file);
            }
            size += read as u64;
            self.written += read as u64;
            self.check(size)?;
            file.write_all(&buffer[..read]).map_err(UnzipError::Temporary)?;
        }
    }

    /// Counts the pixels of a picture before any is decoded. A damaged one is refused when it is.
    fn look_at(&mut self, picture: &File) -> Result<(), UnzipError> {
        let limit = self.limits.pixels.saturating_mul(PICTURES);
        self.pixels = self.pixels.saturating_add(media::declared_pixels(BufReader::new(picture)));
        let megapixels = limit / 1_000_000;
        if self.pixels > limit { Err(UnzipError::TooManyPixels { megapixels }) } else { Ok(()) }
    }

    fn check(&self, size: u64) -> Result<(), UnzipError> {
        let Limits { file_bytes, request_bytes, .. } = *self.limits;
        if size > file_bytes || self.written > request_bytes {
            let (file, total) = (file_bytes / 1_000_000, request_bytes / 1_000_000);
            return Err(UnzipError::TooLarge { file, total });
        }
        if self.written / RATIO > self.archive { Err(UnzipError::Bomb) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn write(entries: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> File {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        entries(&mut writer);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&writer.finish().unwrap().into_inner()).unwrap();
        file
    }

    fn zip_of(entries: &[(&str, &[u8])]) -> File {
        write(|writer| {
            for (name, bytes) in entries {
                writer.start_file(*name, SimpleFileOptions::default()).unwrap();
                writer.write_all(bytes).unwrap();
            }
        })
    }

    fn contents(unpacked: Vec<Incoming>) -> Vec<(String, Vec<u8>)> {
        let read = |mut incoming: Incoming| {
            let mut bytes = Vec::new();
            incoming.file.rewind().unwrap();
            incoming.file.read_to_end(&mut bytes).unwrap();
            (incoming.name, bytes)
        };
        unpacked.into_iter().map(read).collect()
    }

    #[test]
    fn files_are_unpacked_in_order_without_folders_and_litter() {
        let archive = write(|writer| {
            writer.add_directory("photos", SimpleFileOptions::default()).unwrap();
            for (name, bytes) in [("photos/b.txt", "two"), ("a.txt", "one"), ("__MACOSX/._a.txt", "x")] {
                writer.start_file(name, SimpleFileOptions::default()).unwrap();
                writer.write_all(bytes.as_bytes()).unwrap();
            }
        });
        let expected = [("photos/b.txt".to_owned(), b"two".to_vec()), ("a.txt".to_owned(), b"one".to_vec())];
        assert_eq!(contents(unzip(archive, &Limits::default()).unwrap()), expected);
    }

    #[test]
    fn a23_paths_that_lead_outside_links_and_archives_inside_refuse_the_whole() {
        let inner = {
            let mut bytes = Vec::new();
            let mut file = zip_of(&[("x.txt", b"x")]);
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            bytes
        };
        let link = write(|writer| {
            writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        });
        for archive in [
            zip_of(&[("fine.txt", b"x"), ("../../evil.txt", b"x")]),
            zip_of(&[("a/../../evil.txt", b"x")]),
            zip_of(&[("/etc/cron.d/evil", b"x")]),
            zip_of(&[(r"..\evil.txt", b"x")]),
            zip_of(&[("C:/evil.txt", b"x")]),
            zip_of(&[("inner.zip", &inner)]),
            zip_of(&[("inner.jpg", &inner)]),
            link,
        ] {
            let refused = unzip(archive, &Limits::default());
            assert!(matches!(refused, Err(UnzipError::NotPlain)), "{:?}", refused.map(|files| files.len()));
        }
    }

    #[test]
    fn a23_a_bomb_is_stopped_by_count_size_and_ratio() {
        let zeros = vec![0; 3_000_000];
        let refused = |archive, limits: &Limits| unzip(archive, limits).map(|files| files.len()).unwrap_err();
        assert!(matches!(refused(zip_of(&[("x", &zeros)]), &Limits::default()), UnzipError::Bomb));
        let small = Limits { file_bytes: 1_000_000, ..Limits::default() };
        let noise: Vec<u8> =
            (0..2_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(matches!(refused(zip_of(&[("x", &noise)]), &small), UnzipError::TooLarge { .. }));
        let total = Limits { request_bytes: 3_000_000, ..Limits::default() };
        let twice = zip_of(&[("x", &noise), ("y", &noise)]);
        assert!(matches!(refused(twice, &total), UnzipError::TooLarge { .. }));
        let names: Vec<String> = (0..=ENTRIES).map(|number| format!("{number}.txt")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        assert!(matches!(refused(zip_of(&many), &Limits::default()), UnzipError::TooMany));
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"PK\x03\x04 and nothing more").unwrap();
        assert!(matches!(unzip(file, &Limits::default()), Err(UnzipError::Damaged(_))));
        assert!(matches!(unzip(zip_of(&[]), &Limits::default()), Err(UnzipError::Empty)));
    }
}
