//! The name a file is kept under: what the caller called it, reduced to a plain file name.

/// Characters of a name that are kept at most.
const LONGEST: usize = 120;

/// The last part of a name, without anything that a path, a header or a shell could misread.
pub(crate) fn plain_name(sent: &str) -> String {
    // Both separators, wherever the caller's system stood.
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let harmless = |c: char| c.is_alphanumeric() || " ._-()".contains(c);
    let plain: String = last.chars().map(|c| if harmless(c) { c } else { '_' }).collect();
    // Leading dots hide a file or lead upwards; Windows drops trailing ones.
    let plain = plain.trim_matches([' ', '.']);
    let (stem, extension) = split(plain);
    let stem: String = stem.chars().take(LONGEST - extension.chars().count()).collect();
    if stem.is_empty() { format!("file{extension}") } else { stem + extension }
}

/// The same name with the extension of what the file now holds.
pub(crate) fn with_extension(name: &str, extension: &str) -> String {
    let (stem, old) = split(name);
    let same = old.eq_ignore_ascii_case(&format!(".{extension}"))
        || (extension == "jpg" && old.eq_ignore_ascii_case(".jpeg"));
    if same { name.to_owned() } else { format!("{stem}.{extension}") }
}

/// The extension of a name in lower case, without its dot.
pub(crate) fn extension(name: &str) -> String {
    split(name).1.trim_start_matches('.').to_ascii_lowercase()
}

/// Stem and extension; the extension has its dot, and is short or nothing.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= 12 => name.split_at(dot),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a8_a9_a_name_is_reduced_to_its_last_part_without_traversal() {
        for (sent, kept) in [
            ("me.jpg", "me.jpg"),
            ("../../etc/passwd", "passwd"),
            (r"..\..\windows\system.ini", "system.ini"),
            ("/etc/cron.d/x", "x"),
            (r"C:\fakepath\me.png", "me.png"),
            ("..", "file"),
            ("", "file"),
            ("...", "file"),
            (".htaccess", "htaccess"),
            ("a/..", "file"),
            ("..%2f..%2fme.jpg", "_2f.._2fme.jpg"),
            ("me.jpg\0.html", "me.jpg_.html"),
            ("a\r\nSet-Cookie: x.png", "a__Set-Cookie_ x.png"),
            ("\"><script>.svg", "___script_.svg"),
            ("fotoğraf (1).jpg", "fotoğraf (1).jpg"),
            (".jpg", "jpg"),
        ] {
            assert_eq!(plain_name(sent), kept, "{sent:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let kept = plain_name(&format!("{}.jpeg", "ü".repeat(5000)));
        assert_eq!((kept.chars().count(), kept.ends_with("ü.jpeg")), (LONGEST, true));
        assert_eq!(plain_name(&format!("a.{}", "x".repeat(5000))).chars().count(), LONGEST);
    }

    #[test]
    fn the_extension_follows_the_content() {
        assert_eq!(with_extension("me.webp", "jpg"), "me.jpg");
        assert_eq!(with_extension("me.JPEG", "jpg"), "me.JPEG");
        assert_eq!(with_extension("me", "png"), "me.png");
        assert_eq!(extension("Photo.JPG"), "jpg");
    }
}
