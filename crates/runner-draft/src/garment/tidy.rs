//! One clean piece, or a pair, out of a mask as found.

use crate::raster::{Mask, components, fill_holes, grow};

/// Without loose threads and specks; bright spots inside a garment are prints, not gaps.
pub(super) fn garment(figure: &Mask) -> Mask {
    let thin = 1.2;
    let opened = grow(&grow(&bands(figure, figure.height / 32), -thin), thin).and(figure);
    let parts = largest_parts(&opened);
    slits(&parts, &fill_holes(&parts, figure.data.len() / 40))
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

/// Fills short breaks between cloth above and cloth below: white bands of a striped garment that cannot be told from the
/// ground at all. Gaps between legs or under arms are open below and stay.
fn bands(mask: &Mask, longest: usize) -> Mask {
    let mut filled = mask.clone();
    for x in 0..mask.width {
        let mut last = None;
        for y in (0..mask.height).filter(|&y| mask.at(x, y)) {
            if let Some(last) = last.filter(|last| y - last <= longest) {
                (last + 1..y).for_each(|y| filled.set(x, y, true));
            }
            last = Some(y);
        }
    }
    filled
}

/// The largest part and every other of at least a quarter of its size: a pair of shoes is one figure.
fn largest_parts(mask: &Mask) -> Mask {
    let (labels, sizes) = components(mask);
    let most = sizes.iter().copied().max().unwrap_or(0);
    labels.map(|label| label != 0 && sizes[label as usize] * 4 >= most)
}
