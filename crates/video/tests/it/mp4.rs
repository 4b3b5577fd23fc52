//! Just enough of ISO 14496-12 to look into our own files.

/// A file, or the payload of a box that holds boxes.
#[derive(Clone, Copy)]
pub(crate) struct Mp4<'a>(pub(crate) &'a [u8]);

fn number(bytes: &[u8]) -> usize {
    u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize
}

impl<'a> Mp4<'a> {
    /// Names and payloads, in order.
    pub(crate) fn boxes(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let size = (!rest.is_empty()).then(|| number(rest))?;
            let (this, after) = rest.split_at(size);
            rest = after;
            Some((std::str::from_utf8(&this[4..8]).unwrap(), &this[8..]))
        })
    }

    /// The payload of the first box at a path of names.
    pub(crate) fn find(self, path: &[&str]) -> &'a [u8] {
        path.iter().fold(self.0, |inside, name| {
            let found = Mp4(inside).boxes().find(|(own, _)| own == name);
            found.unwrap_or_else(|| panic!("no {name} of {path:?}")).1
        })
    }

    /// SPS and PPS from the `avcC` record, with start codes.
    pub(crate) fn parameter_sets(self) -> Vec<u8> {
        // `stsd` begins with version and count, `avc1` with 78 bytes of fixed fields.
        let entries = &self.find(&["moov", "trak", "mdia", "minf", "stbl", "stsd"])[8..];
        let record = Mp4(&Mp4(entries).find(&["avc1"])[78..]).find(&["avcC"]);
        assert_eq!(record[0], 1, "the only version of the record");
        assert_eq!(record[4] & 3, 3, "lengths of four bytes");
        let (mut sets, mut rest) = (Vec::new(), &record[5..]);
        for mask in [0x1f, 0xff] {
            let count = rest[0] & mask;
            rest = &rest[1..];
            for _ in 0..count {
                let (set, after) = rest[2..].split_at(usize::from(u16::from_be_bytes([rest[0], rest[1]])));
                sets.extend([0, 0, 0, 1]);
                sets.extend(set);
                rest = after;
            }
        }
        sets
    }

    /// Every sample as a decoder wants it, with start codes for lengths. All lie in one piece in `mdat`.
    pub(crate) fn samples(self) -> Vec<Vec<u8>> {
        let sizes = &self.find(&["moov", "trak", "mdia", "minf", "stbl", "stsz"])[12..];
        let mut data = self.find(&["mdat"]);
        let offset = number(&self.find(&["moov", "trak", "mdia", "minf", "stbl", "stco"])[8..]);
        assert_eq!(self.0[offset..].as_ptr(), data.as_ptr(), "the index points at the data");
        let mut samples = Vec::new();
        for size in sizes.chunks_exact(4).map(number) {
            let (mut sample, after) = data.split_at(size);
            data = after;
            let mut packet = Vec::new();
            while !sample.is_empty() {
                let (unit, rest) = sample[4..].split_at(number(sample));
                packet.extend([0, 0, 0, 1]);
                packet.extend(unit);
                sample = rest;
            }
            samples.push(packet);
        }
        assert!(data.is_empty(), "nothing but samples");
        samples
    }
}
