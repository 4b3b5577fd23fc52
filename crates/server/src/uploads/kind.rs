//! What an uploaded file is. Its content decides; its name only where the content has no mark of its own.

use super::name::extension;

/// How much of a file [`Kind::of`] wants to see: office documents show themselves late.
pub(crate) const HEAD: usize = 8192;

/// What is done with a file, and the media type it is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A picture that is decoded and encoded anew.
    Picture,
    /// A zip archive, which is unpacked.
    Archive,
    /// An ISO media file (heic, mp4, mov, m4a), kept without its metadata.
    Media(&'static str),
    /// Kept as it is.
    Other(&'static str),
    /// A picture in a format that can be neither decoded nor freed of its metadata.
    Unreadable,
}

const UNKNOWN: &str = "application/octet-stream";

/// Extensions and media types of everything that has a type here.
const TYPES: &[(&str, &str)] = &[
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("heif", "image/heic"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("m4a", "audio/mp4"),
    ("pdf", "application/pdf"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("epub", "application/epub+zip"),
    ("zip", "application/zip"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("xml", "text/xml"),
    ("svg", "image/svg+xml"),
];

/// Documents that are zip archives inside.
const ZIPPED: [&str; 4] = ["docx", "xlsx", "pptx", "epub"];

/// The media type of an extension.
pub(crate) fn media_type(extension: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, _)| *known == extension).map(|(_, media_type)| *media_type)
}

impl Kind {
    /// The kind of a file by its first [`HEAD`] bytes and its name.
    pub(crate) fn of(head: &[u8], name: &str) -> Self {
        let named = extension(name);
        let Some(found) = infer::get(head) else { return Self::of_extension(&named) };
        match found.extension() {
            "zip" if ZIPPED.contains(&named.as_str()) => Self::of_extension(&named),
            known if media_type(known).is_some() => Self::of_extension(known),
            _ if found.matcher_type() == infer::MatcherType::Image => Self::Unreadable,
            _ => Self::Other(UNKNOWN),
        }
    }

    fn of_extension(extension: &str) -> Self {
        let Some(media_type) = media_type(extension) else { return Self::Other(UNKNOWN) };
        match extension {
            "jpg" | "jpeg" | "png" | "gif" | "webp" => Self::Picture,
            "heic" | "heif" | "mp4" | "m4v" | "mov" | "m4a" => Self::Media(media_type),
            "zip" => Self::Archive,
            _ => Self::Other(media_type),
        }
    }
}

/// Whether a browser may show files of this type in place. Everything else is offered for saving: a page, a
/// drawing with scripts or a document is never opened under our address.
pub(crate) fn shown_in_place(media_type: &str) -> bool {
    let raster = media_type.starts_with("image/") && media_type != "image/svg+xml";
    raster
        || media_type.starts_with("video/")
        || media_type.starts_with("audio/")
        || media_type == "text/plain"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_and_a_name_only_where_content_is_silent() {
        for (head, name, kind) in [
            (&b"\xff\xd8\xff\xe0"[..], "x.txt", Kind::Picture),
            (b"\x89PNG\r\n\x1a\n", "x", Kind::Picture),
            (b"<!DOCTYPE html><html>", "me.jpg", Kind::Other("text/html")),
            (b"  <script>alert(1)</script>", "me.txt", Kind::Other("text/html")),
            (b"<?xml version='1.0'?><svg/>", "me.png", Kind::Other("text/xml")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.svg", Kind::Other("image/svg+xml")),
            (b"%PDF-1.7", "x.jpg", Kind::Other("application/pdf")),
            (b"PK\x03\x04rest", "photos.zip", Kind::Archive),
            (b"PK\x03\x04rest", "photos.jpg", Kind::Archive),
            (b"PK\x03\x04rest", "letter.docx", Kind::Other(media_type("docx").unwrap())),
            (b"\x00\x00\x00\x10ftypheic\0\0\0\0", "x", Kind::Media("image/heic")),
            (b"\x00\x00\x00\x18ftypisom\0\0\0\0isommp42", "x", Kind::Media("video/mp4")),
            (b"\x00\x00\x00\x14ftypqt  \0\0\0\0", "x", Kind::Media("video/quicktime")),
            (b"II*\0\x10\0\0\0\0\0\0\0", "scan.jpg", Kind::Unreadable),
            (b"a,b\n1,2\n", "x.csv", Kind::Other("text/csv")),
            (b"hello", "x.jpg", Kind::Picture),
            (b"hello", "x", Kind::Other(UNKNOWN)),
            (b"\x1f\x8b\x08\0", "x.txt", Kind::Other(UNKNOWN)),
            (b"", "x.md", Kind::Other("text/markdown")),
        ] {
            assert_eq!(Kind::of(head, name), kind, "{name}: {}", head.escape_ascii());
        }
    }

    #[test]
    fn a11_what_a_browser_could_run_is_not_shown_in_place() {
        for media_type in
            ["text/html", "image/svg+xml", "text/xml", "application/pdf", UNKNOWN, "text/markdown"]
        {
            assert!(!shown_in_place(media_type), "{media_type}");
        }
        for media_type in ["image/jpeg", "image/png", "video/mp4", "audio/mpeg", "text/plain"] {
            assert!(shown_in_place(media_type), "{media_type}");
        }
    }
}
