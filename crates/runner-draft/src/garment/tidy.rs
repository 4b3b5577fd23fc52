//! One clean piece, or a pair, out of a mask as found.

use crate::colour::{Rgb, difference};
use crate::raster::{Grid, Mask, components, distance_to, fill_holes, grow, spread};

/// How far ground that passed for cloth reaches into an outline, and from where inside it cloth is told, in pixels.
const RIM: f32 = 4.5;

/// Without loose threads and specks; bright spots inside a garment are prints, not gaps. `possible` says what may be cloth by
/// its colour.
pub(super) fn garment(figure: &Mask, possible: &Mask) -> Mask {
    let thin = 1.2;
    let whole = bands(figure, possible, figure.height / 24);
    let opened = grow(&grow(&whole, -thin), thin).and(&whole);
    let parts = largest_parts(&opened);
    slits(&parts, &fill_holes(&parts, figure.data.len() / 40))
}

/// Without the ground beside the outline that passed for cloth: near shadows, and where compression has mixed the hues, a
/// rim of it is a little unlike the rest of the ground. It goes, from outside inwards, where the ground next to it is at
/// least twice as like it as anything of the cloth around.
pub(super) fn peeled(lab: &Grid<Rgb>, mask: &Mask) -> Mask {
    const AROUND: usize = 10;
    let open = mask.map(|inside| !inside);
    let ground = spread(lab, &grow(&open, -2.0), 0.6);
    let (depth, cloth) = (distance_to(&open), grow(mask, -RIM));
    let like_ground = Mask::par_from_fn(mask.width, mask.height, |x, y| {
        let depth = depth.at(x, y);
        if depth <= 0.0 || depth > RIM {
            return false;
        }
        let own = lab.at(x, y);
        let apart = 2.0 * difference(own, ground.at(x, y));
        let [columns, rows] = [(x, mask.width), (y, mask.height)]
            .map(|(at, size)| at.saturating_sub(AROUND)..(at + AROUND + 1).min(size));
        let mut around = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
        !around.any(|(x, y)| cloth.at(x, y) && difference(own, lab.at(x, y)) <= apart)
    });
    let (labels, sizes) = components(&like_ground);
    let mut outer = vec![false; sizes.len()];
    for (&label, &depth) in labels.data.iter().zip(&depth.data) {
        outer[label as usize] |= depth <= 1.0;
    }
    mask.zip(&labels, |inside, label| inside && !(label != 0 && outer[label as usize]))
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
