//! Frees ISO media files (heic, mp4, mov, m4a) of what they say about where, when and by whom they were made.
//!
//! They are not decoded here. Their boxes are walked and those that hold metadata are overwritten in place:
//! no offset changes, so the rest stays playable. ISO/IEC 14496-12 describes the boxes, 23008-12 the items.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Directories of items larger than this are not believed.
const DIRECTORY: u64 = 4 << 20;

/// A box: its kind, where it begins, where its content begins and ends.
#[derive(Debug, Clone, Copy)]
struct Place {
    kind: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

/// Overwrites the metadata of a file. [`io::ErrorKind::InvalidData`]: it is damaged.
pub(super) fn scrub(file: &mut (impl Read + Write + Seek)) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    for place in boxes(file, 0, end)? {
        match &place.kind {
            b"moov" => scrub_movie(file, place)?,
            b"meta" => scrub_items(file, place, end)?,
            b"udta" | b"uuid" => blank(file, place)?,
            _ => {}
        }
    }
    file.rewind()
}

/// A movie or one of its tracks.
fn scrub_movie(file: &mut (impl Read + Write + Seek), movie: Place) -> io::Result<()> {
    for place in boxes(file, movie.body, movie.end)? {
        match &place.kind {
            b"trak" => scrub_movie(file, place)?,
            b"udta" | b"meta" | b"uuid" => blank(file, place)?,
            _ => {}
        }
    }
    Ok(())
}

/// A picture's table of items. Pixels are items too, so only those that hold Exif or XMP are overwritten.
fn scrub_items(file: &mut (impl Read + Write + Seek), meta: Place, file_end: u64) -> io::Result<()> {
    // A version and flags stand before the first box inside.
    let inside = boxes(file, meta.body + 4, meta.end)?;
    let find = |kind: &[u8; 4]| inside.iter().find(|place| place.kind == *kind).copied();
    let Some((names, places)) = find(b"iinf").zip(find(b"iloc")) else { return blank(file, meta) };
    let names = read_directory(file, names)?;
    let places = read_directory(file, places)?;
    let inline = find(b"idat").map_or((0, 0), |idat| (idat.body, idat.end));
    let metadata = metadata_items(&names).ok_or_else(damaged)?;
    for extent in extents(&places).ok_or_else(damaged)? {
        if !metadata.contains(&extent.item) {
            continue;
        }
        let (base, limit) = if extent.inline { inline } else { (0, file_end) };
        let start = base.checked_add(extent.offset).ok_or_else(damaged)?;
        let end = start.checked_add(extent.length).filter(|end| *end <= limit).ok_or_else(damaged)?;
        zero(file, start, end)?;
    }
    Ok(())
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// The boxes between two places.
fn boxes(file: &mut (impl Read + Seek), mut at: u64, end: u64) -> io::Result<Vec<Place>> {
    let mut found = Vec::new();
    while end.saturating_sub(at) >= 8 {
        file.seek(SeekFrom::Start(at))?;
        let (mut size, mut kind, mut large) = ([0; 4], [0; 4], [0; 8]);
        file.read_exact(&mut size)?;
        file.read_exact(&mut kind)?;
        let (size, header) = match u32::from_be_bytes(size) {
            0 => (end - at, 8),
            1 => {
                file.read_exact(&mut large)?;
                (u64::from_be_bytes(large), 16)
            }
            size => (u64::from(size), 8),
        };
        if size < header || size > end - at {
            return Err(damaged());
        }
        found.push(Place { kind, start: at, body: at + header, end: at + size });
        at += size;
    }
    Ok(found)
}

/// Makes a box into free space.
fn blank(file: &mut (impl Write + Seek), place: Place) -> io::Result<()> {
    file.seek(SeekFrom::Start(place.start + 4))?;
    file.write_all(b"free")?;
    zero(file, place.body, place.end)
}

fn zero(file: &mut (impl Write + Seek), start: u64, end: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    io::copy(&mut io::repeat(0).take(end.saturating_sub(start)), file).map(drop)
}

fn read_directory(file: &mut (impl Read + Seek), place: Place) -> io::Result<Vec<u8>> {
    if place.end - place.body > DIRECTORY {
        return Err(damaged());
    }
    let mut bytes = vec![0; (place.end - place.body) as usize];
    file.seek(SeekFrom::Start(place.body))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads big-endian numbers from the front of some bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    /// A number of so many bytes, at most 8.
    fn number(&mut self, bytes: usize) -> Option<u64> {
        (bytes <= 8).then_some(())?;
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// The numbers of the items that hold Exif or, as `mime` and `uri `, XMP. The content of an `iinf` box.
fn metadata_items(names: &[u8]) -> Option<Vec<u64>> {
    let mut reader = Reader(names);
    let version = reader.number(4)? >> 24;
    let count = reader.number(if version == 0 { 2 } else { 4 })?;
    let mut items = Vec::new();
    for _ in 0..count {
        let size = reader.number(4)?;
        let mut entry = Reader(reader.take(usize::try_from(size).ok()?.checked_sub(4)?)?);
        entry.take(4)?;
        let version = entry.number(4)? >> 24;
        // Older entries have no type: they are no pictures.
        let item = entry.number(if version == 3 { 4 } else { 2 })?;
        entry.number(2)?;
        if version < 2 || matches!(entry.take(4)?, b"Exif" | b"mime" | b"uri ") {
            items.push(item);
        }
    }
    Some(items)
}

/// Where a part of an item lies.
struct Extent {
    item: u64,
    /// In the box of inline data, not in the file.
    inline: bool,
    offset: u64,
    length: u64,
}

/// The content of an `iloc` box.
fn extents(places: &[u8]) -> Option<Vec<Extent>> {
    let mut reader = Reader(places);
    let version = reader.number(4)? >> 24;
    let sizes = reader.number(2)?;
    let [offset_size, length_size, base_size, index_size] =
        [12, 8, 4, 0].map(|shift| (sizes >> shift & 15) as usize);
    let wide = if version < 2 { 2 } else { 4 };
    let mut found = Vec::new();
    for _ in 0..reader.number(wide)? {
        let item = reader.number(wide)?;
        let method = if version == 0 { 0 } else { reader.number(2)? & 15 };
        reader.number(2)?;
        let base = reader.number(base_size)?;
        for _ in 0..reader.number(2)? {
            if version > 0 {
                reader.number(index_size)?;
            }
            let offset = base.checked_add(reader.number(offset_size)?)?;
            let length = reader.number(length_size)?;
            found.push(Extent { item, inline: method == 1, offset, length });
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes()[..], kind, content].concat()
    }

    fn scrubbed(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut file = Cursor::new(bytes);
        scrub(&mut file).map(|()| file.into_inner())
    }

    fn holds(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn a26_a_movie_loses_its_place_and_keeps_its_length() {
        let location = boxed(b"\xa9xyz", b"+48.8577+002.295/");
        let track = boxed(b"trak", &[boxed(b"tkhd", b"track"), boxed(b"meta", b"PLACE")].concat());
        let movie = [boxed(b"mvhd", b"movie"), track, boxed(b"udta", &location)].concat();
        let parts = [
            boxed(b"ftyp", b"qt  "),
            boxed(b"moov", &movie),
            boxed(b"uuid", b"0123456789abcdefXMP"),
            boxed(b"mdat", b"PIXELS"),
        ];
        let before = parts.concat();
        let after = scrubbed(before.clone()).unwrap();
        assert_eq!(after.len(), before.len());
        for secret in [&b"48.8577"[..], b"PLACE", b"XMP", b"udta"] {
            assert!(holds(&before, secret) && !holds(&after, secret), "{}", secret.escape_ascii());
        }
        for kept in [&b"PIXELS"[..], b"movie", b"track"] {
            assert!(holds(&after, kept));
        }
    }

    /// A picture of two items, the first with pixels in `mdat`, the second with Exif there or inline.
    fn picture(inline: bool) -> Vec<u8> {
        let entry = |id: u8, kind: &[u8]| boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind, b"\0"].concat());
        let names = [&[0, 0, 0, 0, 0, 2][..], &entry(1, b"hvc1"), &entry(2, b"Exif")].concat();
        let build = |pixels: u32, exif: u32| {
            let place = |id: u8, method: u8, offset: u32| {
                [&[0, id, 0, method, 0, 0, 0, 1][..], &offset.to_be_bytes(), &6_u32.to_be_bytes()].concat()
            };
            let method = u8::from(inline);
            let places =
                [&[1, 0, 0, 0, 0x44, 0, 0, 2][..], &place(1, 0, pixels), &place(2, method, exif)].concat();
            let inside =
                [boxed(b"iinf", &names), boxed(b"iloc", &places), boxed(b"idat", b"xxGPSGPS")].concat();
            let meta = boxed(b"meta", &[&[0, 0, 0, 0], &inside[..]].concat());
            [boxed(b"ftyp", b"heic"), meta, boxed(b"mdat", b"PIXELSGPSGPS")].concat()
        };
        let media = u32::try_from(build(0, 0).len() - 12).unwrap();
        build(media, if inline { 2 } else { media + 6 })
    }

    #[test]
    fn a26_a_heic_picture_loses_its_exif_and_keeps_its_pixels() {
        for inline in [false, true] {
            let after = scrubbed(picture(inline)).unwrap();
            let media = &after[after.len() - 12..];
            assert_eq!(&media[..6], b"PIXELS");
            assert_eq!(&media[6..] == b"\0\0\0\0\0\0", !inline);
            assert_eq!(holds(&after, b"xxGPSGPS"), !inline);
        }
    }

    #[test]
    fn a_damaged_file_is_refused_and_not_believed() {
        let too_long = [&100_u32.to_be_bytes()[..], b"moov", b"x"].concat();
        let too_short = [&4_u32.to_be_bytes()[..], b"moov"].concat();
        let mut outside = picture(false);
        let length = outside.len();
        let exif = (length - 6) as u32;
        let at = outside.windows(4).position(|window| window == exif.to_be_bytes()).unwrap();
        outside[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        for bytes in [too_long, too_short, outside, boxed(b"meta", &[0; 3])] {
            match scrubbed(bytes) {
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::InvalidData),
                Ok(kept) => assert!(kept.ends_with(&[0; 3]), "nothing was left in it"),
            }
        }
        assert_eq!(scrubbed(b"tiny".to_vec()).unwrap(), b"tiny");
    }
}
