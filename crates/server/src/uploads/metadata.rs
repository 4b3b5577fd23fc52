//! Frees ISO media files (heic, mp4, mov, m4a) of what they say about where, when and by whom they were made.
//!
//! They are not decoded here. Their boxes are walked and those that hold metadata are overwritten in place:
//! no offset changes, so the rest stays playable. ISO/IEC 14496-12 describes the boxes, 23008-12 the items.

use std::collections::HashSet;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

/// Directories of items larger than this are not believed.
const DIRECTORY: u64 = 4 << 20;
/// Boxes that are looked at in one file. A film in fragments has a few for every second.
const BOXES: usize = 32_768;
/// Parts of all items of a picture. A large one in tiles has hundreds.
const EXTENTS: usize = 4096;

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
    let length = file.seek(SeekFrom::End(0))?;
    Scrubber { length, boxes: BOXES, bytes: length, file }.scrub()?;
    file.rewind()
}

/// A file and what may still be done with it: the work follows from its size, not from what it says.
struct Scrubber<'a, F> {
    file: &'a mut F,
    length: u64,
    /// Boxes that may still be read.
    boxes: usize,
    /// Bytes that may still be overwritten. None has to be twice, so a whole file needs no more than its length.
    bytes: u64,
}

impl<F: Read + Write + Seek> Scrubber<'_, F> {
    fn scrub(&mut self) -> io::Result<()> {
        for place in self.boxes(0, self.length)? {
            match &place.kind {
                b"moov" => self.scrub_movie(place)?,
                b"meta" => self.scrub_items(place)?,
                b"udta" | b"uuid" => self.blank(place)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn scrub_movie(&mut self, movie: Place) -> io::Result<()> {
        for place in self.boxes(movie.body, movie.end)? {
            match &place.kind {
                b"trak" => self.scrub_track(place)?,
                b"udta" | b"meta" | b"uuid" => self.blank(place)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn scrub_track(&mut self, track: Place) -> io::Result<()> {
        for place in self.boxes(track.body, track.end)? {
            match &place.kind {
                // Only a movie has tracks; what lies deeper would not be looked at.
                b"trak" => return Err(damaged()),
                b"udta" | b"meta" | b"uuid" => self.blank(place)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A picture's table of items. Pixels are items too, so only those that hold Exif or XMP are overwritten.
    fn scrub_items(&mut self, meta: Place) -> io::Result<()> {
        // A version and flags stand before the first box inside.
        let inside = self.boxes(meta.body + 4, meta.end)?;
        let find = |kind: &[u8; 4]| inside.iter().find(|place| place.kind == *kind).copied();
        let Some((names, places)) = find(b"iinf").zip(find(b"iloc")) else { return self.blank(meta) };
        let names = self.read_directory(names)?;
        let places = self.read_directory(places)?;
        let inline = find(b"idat").map_or((0, 0), |idat| (idat.body, idat.end));
        let metadata = metadata_items(&names).ok_or_else(damaged)?;
        for extent in extents(&places).ok_or_else(damaged)? {
            if !metadata.contains(&extent.item) {
                continue;
            }
            // It would mean all there is: pixels too.
            if extent.length == 0 {
                return Err(damaged());
            }
            let (base, limit) = if extent.inline { inline } else { (0, self.length) };
            let start = base.checked_add(extent.offset).ok_or_else(damaged)?;
            let end = start.checked_add(extent.length).filter(|end| *end <= limit).ok_or_else(damaged)?;
            self.zero(start, end)?;
        }
        Ok(())
    }

    /// The boxes between two places.
    fn boxes(&mut self, mut at: u64, end: u64) -> io::Result<Vec<Place>> {
        let mut found = Vec::new();
        let mut reader = BufReader::new(&mut *self.file);
        reader.seek(SeekFrom::Start(at))?;
        while end.saturating_sub(at) >= 8 {
            self.boxes = self.boxes.checked_sub(1).ok_or_else(damaged)?;
            let (mut size, mut kind, mut large) = ([0; 4], [0; 4], [0; 8]);
            reader.read_exact(&mut size)?;
            reader.read_exact(&mut kind)?;
            let (size, header) = match u32::from_be_bytes(size) {
                0 => (end - at, 8),
                1 => {
                    reader.read_exact(&mut large)?;
                    (u64::from_be_bytes(large), 16)
                }
                size => (u64::from(size), 8),
            };
            if size < header || size > end - at {
                return Err(damaged());
            }
            found.push(Place { kind, start: at, body: at + header, end: at + size });
            at += size;
            // Keeps what is buffered where the next box is near.
            reader.seek_relative((size - header) as i64)?;
        }
        Ok(found)
    }

    /// Makes a box into free space.
    fn blank(&mut self, place: Place) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(place.start + 4))?;
        self.file.write_all(b"free")?;
        self.zero(place.body, place.end)
    }

    fn zero(&mut self, start: u64, end: u64) -> io::Result<()> {
        let length = end.saturating_sub(start);
        self.bytes = self.bytes.checked_sub(length).ok_or_else(damaged)?;
        self.file.seek(SeekFrom::Start(start))?;
        io::copy(&mut io::repeat(0).take(length), self.file).map(drop)
    }

    fn read_directory(&mut self, place: Place) -> io::Result<Vec<u8>> {
        if place.end - place.body > DIRECTORY {
            return Err(damaged());
        }
        let mut bytes = vec![0; (place.end - place.body) as usize];
        self.file.seek(SeekFrom::Start(place.body))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
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
fn metadata_items(names: &[u8]) -> Option<HashSet<u64>> {
    let mut reader = Reader(names);
    let version = reader.number(4)? >> 24;
    let count = reader.number(if version == 0 { 2 } else { 4 })?;
    let mut items = HashSet::new();
    for _ in 0..count {
        let size = reader.number(4)?;
        let mut entry = Reader(reader.take(usize::try_from(size).ok()?.checked_sub(4)?)?);
        entry.take(4)?;
        let version = entry.number(4)? >> 24;
        // Older entries have no type: they are no pictures.
        let item = entry.number(if version == 3 { 4 } else { 2 })?;
        entry.number(2)?;
        if version < 2 || matches!(entry.take(4)?, b"Exif" | b"mime" | b"uri ") {
            items.insert(item);
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
            (found.len() < EXTENTS).then_some(())?;
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

    /// Whether a file is refused as damaged.
    fn is_refused(bytes: Vec<u8>) -> bool {
        scrubbed(bytes).is_err_and(|error| error.kind() == io::ErrorKind::InvalidData)
    }

    /// A picture of one Exif item whose table of places is given.
    fn exif_picture(places: &[u8], data: &[u8]) -> Vec<u8> {
        let entry = boxed(b"infe", b"\x02\0\0\0\0\x01\0\0Exif\0");
        let names = boxed(b"iinf", &[&[0, 0, 0, 0, 0, 1][..], &entry].concat());
        let meta = boxed(b"meta", &[&[0; 4], &names[..], &boxed(b"iloc", places)].concat());
        [boxed(b"ftyp", b"heic"), meta, boxed(b"mdat", data)].concat()
    }

    #[test]
    fn a17_tracks_in_tracks_are_refused_and_do_not_use_up_the_stack() {
        let depth = 20_000;
        let mut film = boxed(b"ftyp", b"isom");
        for level in 0..depth {
            film.extend((8 * (depth - level) as u32).to_be_bytes());
            film.extend(if level == 0 { b"moov" } else { b"trak" });
        }
        assert!(is_refused(film));
    }

    #[test]
    fn a17_a_table_that_says_more_than_it_holds_is_refused() {
        // Without any field an extent takes no byte: 150 items of 65535 each in less than a kilobyte.
        let mut places = vec![0, 0, 0, 0, 0, 0, 0, 150];
        (0..150).for_each(|_| places.extend([0, 1, 0, 0, 0xff, 0xff]));
        assert!(extents(&places).is_none());
        let table = |count: u16| {
            let head = [&[0, 0, 0, 0, 0x04, 0, 0, 1, 0, 1, 0, 0][..], &count.to_be_bytes()].concat();
            [head, [0, 0, 0, 1].repeat(count.into())].concat()
        };
        assert_eq!(extents(&table(EXTENTS as u16)).map(|found| found.len()), Some(EXTENTS));
        assert!(extents(&table(EXTENTS as u16 + 1)).is_none());
    }

    #[test]
    fn a17_no_more_is_overwritten_than_a_file_holds() {
        let data = vec![1; 10_000];
        let picture = |parts: u16, length: u32| {
            let extent = [100_u32.to_be_bytes(), length.to_be_bytes()].concat();
            let head = [&[0, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 0][..], &parts.to_be_bytes()].concat();
            exif_picture(&[head, extent.repeat(parts.into())].concat(), &data)
        };
        assert!(scrubbed(picture(1, 9000)).is_ok());
        assert!(is_refused(picture(100, 9000)));
        assert!(is_refused(picture(1, 0)), "all there is");
    }

    #[test]
    fn a17_a_file_of_nothing_but_boxes_is_refused() {
        let boxes = |count| boxed(b"free", b"").repeat(count);
        assert!(scrubbed(boxes(BOXES)).is_ok());
        assert!(is_refused(boxes(BOXES + 1)));
        let inside = boxed(b"moov", &boxes(BOXES / 2));
        assert!(is_refused(inside.repeat(2)), "those inside count too");
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
