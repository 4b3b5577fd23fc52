//! Lines inside a garment's outline that the outline does not show: the opening of the neck where the back of the
//! collar fills it, and the gap between trouser legs that touch.

use crate::colour::{Rgb, difference};
use crate::geometry::{Vec2, vec2};
use crate::raster::{Grid, Mask, components, grow};

/// Where one looks through the neck onto the inside of the back: a dark piece below the middle of the top edge, darker
/// than the front under it. With everything above it, so that the back of the collar goes too.
pub(super) fn neck_opening(lab: &Grid<Rgb>, mask: &Mask, axis: f32, neck: [Vec2; 2]) -> Option<Mask> {
    let [_, y0, _, y1] = mask.bounds()?;
    let height = (y1 - y0) as f32;
    let reach = (neck[1].x - neck[0].x).abs() * 0.62;
    let top = (y0..y1).find(|&y| mask.holds(vec2(axis, y as f32)))? as f32;
    let mut found: Vec<Mask> = Vec::new();
    for down in 2..15 {
        let seed = vec2(axis, top + 0.01 * down as f32 * height);
        if !found.iter().any(|region| region.holds(seed)) {
            for alike in [0.06, 0.09, 0.12] {
                found.extend(opening_from(lab, mask, seed, [reach, top + 0.3 * height], alike));
            }
        }
    }
    // Trim of nearly the same colour may be found too, alone or along with the inside: it reaches further down.
    let most = found.iter().map(Mask::count).max()?;
    let depth = |region: &Mask| region.bounds().map_or(0, |[_, _, _, y1]| y1);
    let whole = found.into_iter().filter(|region| region.count() * 20 > most * 9);
    let inner = whole.min_by_key(|region| (depth(region), usize::MAX - region.count()))?;
    let mirrored = |x: usize, y: usize| inner.holds(vec2(2.0 * axis - x as f32, y as f32));
    let both = Mask::from_fn(mask.width, mask.height, |x, y| inner.at(x, y) || mirrored(x, y));
    let both = grow(&grow(&both, 3.0), -3.0);
    Some(upwards(mask, &both, (0.12 * height) as usize))
}

/// In every column the first run of the opening, if it begins at most `stand` below the top edge, and all above it.
fn upwards(mask: &Mask, opening: &Mask, stand: usize) -> Mask {
    let mut cut = mask.map(|_| false);
    for x in 0..mask.width {
        let Some(top) = (0..mask.height).find(|&y| mask.at(x, y)) else { continue };
        let Some(start) = (top..mask.height.min(top + stand)).find(|&y| opening.at(x, y)) else { continue };
        let end = (start..mask.height).find(|&y| !opening.at(x, y)).unwrap_or(start);
        (top..end).for_each(|y| cut.set(x, y, true));
    }
    cut
}

fn opening_from(
    lab: &Grid<Rgb>,
    mask: &Mask,
    seed: Vec2,
    [reach, lowest]: [f32; 2],
    most: f32,
) -> Option<Mask> {
    let colour = lab.get(seed)?;
    let alike = Mask::from_fn(mask.width, mask.height, |x, y| {
        let near = (x as f32 - seed.x).abs() < reach && (y as f32) < lowest;
        near && mask.at(x, y) && difference(lab.at(x, y), colour) < most
    });
    // Opened, so that trim of the same colour around the collar does not come along.
    let opened = grow(&grow(&alike, -1.6), 1.6).and(&alike);
    let (labels, sizes) = components(&opened);
    let label = labels.get(seed).filter(|&label| label != 0)?;
    let region = labels.map(|other| other == label);
    let share = sizes[label as usize] as f32 / mask.count() as f32;
    let [x0, y0, x1, y1] = region.bounds()?;
    // What fills all the room between the neck points is the collar itself.
    let room = reach / 0.62 + 1.0;
    let narrow = ((x1 - x0) as f32) < room && ((x0 + x1) as f32 / 2.0 - seed.x).abs() < 0.35 * reach;
    let ends = (y1 as f32) < lowest && y1 > y0 + 3;
    let front = (2..8).filter_map(|down| lab.get(vec2(seed.x, (y1 + down) as f32)));
    let (sum, count) = front.fold((0.0, 0.0), |(sum, count), lab| (sum + lab[0], count + 1.0_f32));
    let darker = sum / count.max(1.0) - colour[0] > 0.05;
    ((0.0012..0.12).contains(&share) && narrow && ends && darker).then(|| {
        // A label or a fold may part the shadow: all of it down to there belongs to the opening.
        let shadow = Mask::from_fn(mask.width, mask.height, |x, y| {
            let near = (x as f32 - seed.x).abs() < reach && y < y1;
            region.at(x, y) || (near && mask.at(x, y) && lab.at(x, y)[0] < colour[0] + 0.5 * most)
        });
        let shadow = grow(&grow(&shadow, -1.0), 1.0);
        let spans = shadow.bounds().map_or(0, |[x0, _, x1, _]| x1 - x0);
        if shadow.count() * 2 < region.count() * 5 && (spans as f32) < room { shadow } else { region }
    })
}

/// Cuts the mask along the line between touching trouser legs, if there is one: a dark or light thread down the middle
/// of the lower half, in most rows, that no other place of the cloth shows.
pub(super) fn parted(lab: &Grid<Rgb>, mask: &Mask, axis: f32) -> Option<Mask> {
    let [x0, y0, x1, y1] = mask.bounds()?;
    let (width, height) = ((x1 - x0) as f32, (y1 - y0) as f32);
    let thread = |x: f32, y: f32| {
        let light = |dx: f32| lab.sample(x + dx, y)[0];
        (light(0.0) - f32::midpoint(light(-4.0), light(4.0))).abs()
    };
    let strongest = |from: f32, to: f32, y: f32| {
        let mut best = (0.0, from);
        let mut x = from;
        while x <= to {
            let here = thread(x, y);
            if here > best.0 {
                best = (here, x);
            }
            x += 0.5;
        }
        best
    };
    let rows: Vec<Option<(f32, f32)>> = (y0..y1)
        .map(|y| {
            let y = y as f32;
            let (own, x) = strongest(axis - 0.07 * width, axis + 0.07 * width, y);
            let (left, _) = strongest(axis - 0.32 * width, axis - 0.15 * width, y);
            let (right, _) = strongest(axis + 0.15 * width, axis + 0.32 * width, y);
            (own > 0.025 && own > 1.8 * f32::midpoint(left, right)).then_some((own, x))
        })
        .collect();
    let lower = &rows[rows.len() * 6 / 10..rows.len() * 97 / 100];
    if (lower.iter().flatten().count() as f32) < 0.7 * lower.len() as f32 {
        return None;
    }
    // The gap is plainer than the seam that goes on above it.
    let mut plain: Vec<f32> = lower.iter().flatten().map(|row| row.0).collect();
    let middle = plain.len() / 2;
    let enough = *plain.select_nth_unstable_by(middle, f32::total_cmp).1 * 0.45;
    // Upwards from the hem, over short breaks.
    let mut cut = mask.clone();
    let (mut missed, mut last) = (0, None);
    for y in (y0..y1).rev() {
        let found = rows[y - y0].filter(|row| row.0 > enough).map(|row| row.1);
        let found = found.filter(|x| last.is_none_or(|last: f32| (x - last).abs() < 3.0));
        missed = if found.is_some() { 0 } else { missed + 1 };
        last = found.or(last);
        if missed as f32 > 0.04 * height || (y - y0) as f32 <= 0.15 * height {
            break;
        }
        if let Some(x) = last {
            cut.set((x + 0.5) as usize, y, false);
        }
    }
    Some(cut)
}

/// Opens the fork between trouser legs up to where cloth begins: outlines close a gap that is narrower than they are
/// smooth, and what shows in it would hang between the legs as a pale corner.
pub(super) fn forked(lab: &Grid<Rgb>, mask: &Mask, inner: &[[f32; 2]], crotch: f32) -> Option<Mask> {
    let [_, y0, _, y1] = mask.bounds()?;
    let gap = |y: usize| Some(inner[y]);
    opened(lab, mask, [crotch, crotch - 0.08 * (y1 - y0) as f32, y1 as f32], gap)
}

/// Opens a gap upwards. What is in it is told in the first row from `from` on where it is wide, at the latest in `last`,
/// and followed up to `highest` as long as it looks more like that than like the cloth on either side.
fn opened(
    lab: &Grid<Rgb>,
    mask: &Mask,
    [from, highest, last]: [f32; 3],
    gap: impl Fn(usize) -> Option<[f32; 2]>,
) -> Option<Mask> {
    let limit = |row: f32| (row.max(0.0) as usize).min(mask.height);
    let wide = |y: &usize| gap(*y).is_some_and(|span| span[1] - span[0] > 4.0);
    let start = (limit(from)..limit(last)).find(wide)?;
    let mut span = gap(start)?;
    let inside = lab.get(vec2(f32::midpoint(span[0], span[1]), start as f32))?;
    // The gap gets darker upwards, as every shadow does: light by a factor scales all three coordinates.
    let off = |colour: Rgb| {
        [1.0, 0.93, 0.86]
            .map(|light| difference(colour, inside.map(|c| c * light)))
            .into_iter()
            .fold(1.0, f32::min)
    };
    let (mut open, mut any) = (mask.clone(), false);
    for y in (limit(highest)..start).rev() {
        let aside = |x: f32| lab.get(vec2(x, y as f32));
        let cloth: [Rgb; 2] = [aside(span[0] - 5.0)?, aside(span[1] + 5.0)?];
        // Of white stripes beside a white ground nothing is told.
        let is_gap = |x: &usize| {
            let colour = lab.at(*x, y);
            let most = cloth.map(|cloth| if off(cloth) > 0.05 { difference(colour, cloth) } else { 0.025 });
            off(colour) < most[0].min(most[1])
        };
        let columns = limit(span[0] - 1.0)..((span[1] + 2.0).max(0.0) as usize).min(mask.width);
        let seen: Vec<usize> = columns.filter(is_gap).collect();
        let (Some(&first), Some(&end)) = (seen.first(), seen.last()) else { break };
        // It does not get wider.
        if (end - first) as f32 > span[1] - span[0] + 1.0 {
            break;
        }
        for x in seen {
            any |= open.at(x, y);
            open.set(x, y, false);
        }
        span = [first as f32, end as f32];
    }
    any.then_some(open)
}

/// White cloth on white ground may be found on one side and lost on the other: what is cloth in the mirror, with cloth not
/// far below it, is cloth; if the garment is close to symmetric at all.
pub(super) fn mirror_in(mask: &mut Mask, axis: f32) {
    let there = |x: usize, y: usize| mask.holds(vec2(2.0 * axis - x as f32, y as f32));
    let mirrored = Mask::from_fn(mask.width, mask.height, there);
    let both = mask.and(&mirrored).count() as f32;
    if both < 0.88 * mask.count() as f32 {
        return;
    }
    let reach = mask.height / 5;
    *mask = Mask::from_fn(mask.width, mask.height, |x, y| {
        let below = || (y + 1..(y + reach).min(mask.height)).any(|y| mask.at(x, y));
        mask.at(x, y) || (mirrored.at(x, y) && below())
    });
}
