//! One clean piece, or a pair, out of a mask as found.

use crate::raster::{Mask, components, fill_holes, grow};

/// Without loose threads and specks; bright spots inside a garment are prints, not gaps. `possible` says what may be cloth by
/// its colour.
pub(super) fn garment(figure: &Mask, possible: &Mask) -> Mask {
    let thin = 1.2;
    let whole = bands(figure, possible, figure.height / 24);
    let opened = grow(&grow(&whole, -thin), thin).and(&whole);
    let parts = largest_parts(&opened);
    slits(&parts, &fill_holes(&parts, figure.data.len() / 40))
}

/// What one looks through, of what was filled: white stripes are many and thin; handles and lenses are few, even where a
/// joint between boards parts them.
pub(super) fn holes(filled: &Mask) -> Mask {
    let holes = grow(&grow(filled, -1.5), 1.5).and(filled);
    let (_, mut sizes) = components(&holes);
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let few: usize = sizes.iter().take(4).sum();
    if few * 10 > holes.count() * 7 { holes } else { holes.map(|_| false) }
}

/// Opens again those filled holes that are tall and narrow: between legs, or between sleeve and body, that touch below.
fn slits(open: &Mask, filled: &Mask) -> Mask {
    let (labels, sizes) = components(&filled.without(open));
    let mut rows = vec![[usize::MAX, 0]; sizes.len()];
    for (i, &label) in labels.data.iter().enumerate() {
        let span = &mut rows[label as usize];
        *span = [span[0].min(i / open.width), span[1].max(i / open.width)];
    }
    filled.zip(&labels, |inside, label| {
        let [first, last] = rows[label as usize];
        let tall = (last + 1).saturating_sub(first);
        let narrow = tall * tall > 3 * sizes[label as usize];
        inside && !(label != 0 && narrow && tall * 16 > open.height)
    })
}

/// Fills short breaks between cloth above and cloth below where most is possibly cloth: white bands of a striped garment that
/// cannot be told from the ground. Corners under arms and between legs of another colour than the ground stay.
fn bands(mask: &Mask, possible: &Mask, highest: usize) -> Mask {
    let mut filled = mask.clone();
    for x in 0..mask.width {
        let mut last = None;
        for y in (0..mask.height).filter(|&y| mask.at(x, y)) {
            let between = |last: usize| {
                let likely = (last + 1..y).filter(|&y| possible.at(x, y)).count();
                y - last <= highest && 2 * likely > y - last - 1
            };
            if let Some(last) = last.filter(|&last| between(last)) {
                (last + 1..y).for_each(|y| filled.set(x, y, true));
            }
            last = Some(y);
        }
    }
    filled
}

/// What has cloth not far below it.
pub(super) fn above(cloth: &Mask) -> Mask {
    let reach = cloth.height / 5;
    let mut above = cloth.map(|_| false);
    for x in 0..cloth.width {
        let mut next = usize::MAX;
        for y in (0..cloth.height).rev() {
            above.set(x, y, next.saturating_sub(y) <= reach);
            if cloth.at(x, y) {
                next = y;
            }
        }
    }
    above
}

/// The largest part and every other of at least a quarter of its size: a pair of shoes is one figure.
fn largest_parts(mask: &Mask) -> Mask {
    let (labels, sizes) = components(mask);
    let most = sizes.iter().copied().max().unwrap_or(0);
    labels.map(|label| label != 0 && sizes[label as usize] * 4 >= most)
}
