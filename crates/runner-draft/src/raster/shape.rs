//! Shapes in masks: distances, growing and shrinking, connected parts, holes.

use rayon::prelude::*;

use super::{Grid, Mask, Plane};

/// One pass of the exact squared distance transform (Felzenszwalb and Huttenlocher 2012).
fn lower_envelope(values: &[f32], out: &mut [f32], sites: &mut Vec<(usize, f32)>) {
    sites.clear();
    for (q, &value) in values.iter().enumerate() {
        if value >= FAR {
            continue;
        }
        let key = value + (q * q) as f32;
        let mut from = f32::NEG_INFINITY;
        while let Some(&(site, start)) = sites.last() {
            from = (key - values[site] - (site * site) as f32) / (2.0 * (q - site) as f32);
            if from > start {
                break;
            }
            sites.pop();
            from = f32::NEG_INFINITY;
        }
        sites.push((q, from));
    }
    let mut k = 0;
    for (q, out) in out.iter_mut().enumerate() {
        while k + 1 < sites.len() && sites[k + 1].1 < q as f32 {
            k += 1;
        }
        *out = sites.get(k).map_or(FAR, |&(site, _)| {
            let gap = q as f32 - site as f32;
            values[site] + gap * gap
        });
    }
}

/// Square of the distance to nowhere.
const FAR: f32 = 1e12;

/// Squared distance from every pixel to the nearest set one above or below it, rows at a time so that memory is read in
/// order.
fn squared_along_columns(mask: &Mask) -> Plane {
    let mut plane = mask.map(|inside| if inside { 0.0 } else { FAR.sqrt() });
    let width = mask.width.max(1);
    let step = |from: &[f32], to: &mut [f32]| {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = to.min(from + 1.0));
    };
    for y in 1..mask.height {
        let (above, rest) = plane.data.split_at_mut(y * width);
        step(&above[(y - 1) * width..], &mut rest[..width]);
    }
    for y in (1..mask.height).rev() {
        let (rest, below) = plane.data.split_at_mut(y * width);
        step(&below[..width], &mut rest[(y - 1) * width..]);
    }
    plane.data.iter_mut().for_each(|value| *value = (*value * *value).min(FAR));
    plane
}

/// Distance in pixels from every pixel to the nearest set one; very large where none is set.
pub(crate) fn distance_to(mask: &Mask) -> Plane {
    let width = mask.width;
    let mut plane = squared_along_columns(mask);
    plane.data.par_chunks_mut(width.max(1) * 16).for_each(|rows| {
        let (mut sites, mut out) = (Vec::new(), vec![0.0; width]);
        for row in rows.chunks_exact_mut(width) {
            lower_envelope(row, &mut out, &mut sites);
            row.copy_from_slice(&out);
            for value in row {
                *value = value.sqrt();
            }
        }
    });
    plane
}

/// Distance in pixels from every set pixel to the nearest clear one, 0 outside; the picture's border is no edge.
pub(crate) fn inside_distance(mask: &Mask) -> Plane {
    distance_to(&mask.map(|inside| !inside))
}

/// The mask with a disc of `radius` pixels added all around, or with a negative one taken off.
pub(crate) fn grow(mask: &Mask, radius: f32) -> Mask {
    if radius.abs() <= 4.5 {
        return grow_a_little(mask, radius);
    }
    if radius >= 0.0 {
        distance_to(mask).map(|distance| distance <= radius)
    } else {
        inside_distance(mask).map(|distance| distance > -radius)
    }
}

/// The same for small discs: every row is widened by the disc's half width at each of its rows, by counting.
fn grow_a_little(mask: &Mask, radius: f32) -> Mask {
    let (width, height) = (mask.width, mask.height);
    let (wanted, reach) = (radius >= 0.0, radius.abs());
    let rows = reach as usize;
    // As many columns of nothing before and after each row as a disc reaches, so that no look-up needs to be cut.
    let wide = width + 2 * rows + 1;
    let mut counts = vec![0_u32; wide * height];
    for (y, counts) in counts.chunks_exact_mut(wide).enumerate() {
        let mut count = 0;
        for (x, &inside) in mask.row(y).iter().enumerate() {
            count += u32::from(inside == wanted);
            counts[rows + x + 1] = count;
        }
        counts[rows + width + 1..].fill(count);
    }
    let mut near = Mask::new(width, height, false);
    for (y, near) in near.data.chunks_exact_mut(width).enumerate() {
        for from in y.saturating_sub(rows)..=(y + rows).min(height - 1) {
            let down = from.abs_diff(y) as f32;
            let half = (reach * reach - down * down).sqrt() as usize;
            let counts = &counts[from * wide..(from + 1) * wide];
            let (before, after) = (&counts[rows - half..], &counts[rows + half + 1..]);
            for ((near, before), after) in near.iter_mut().zip(before).zip(after) {
                *near |= after > before;
            }
        }
    }
    if wanted { near } else { near.map(|near| !near) }
}

/// Labels of 4-connected parts, counted from 1 (0 is outside), and the pixel count of each label.
pub(crate) fn components(mask: &Mask) -> (Grid<u32>, Vec<usize>) {
    let (width, height) = (mask.width, mask.height);
    let mut labels = Grid::new(width, height, 0_u32);
    let mut sizes = vec![0];
    let mut open = Vec::new();
    for start in 0..mask.data.len() {
        if !mask.data[start] || labels.data[start] != 0 {
            continue;
        }
        let label = sizes.len() as u32;
        let mut size = 0;
        labels.data[start] = label;
        open.push(start);
        while let Some(i) = open.pop() {
            size += 1;
            let (x, y) = (i % width, i / width);
            let mut visit = |j: usize| {
                if mask.data[j] && labels.data[j] == 0 {
                    labels.data[j] = label;
                    open.push(j);
                }
            };
            if x > 0 {
                visit(i - 1);
            }
            if x + 1 < width {
                visit(i + 1);
            }
            if y > 0 {
                visit(i - width);
            }
            if y + 1 < height {
                visit(i + width);
            }
        }
        sizes.push(size);
    }
    (labels, sizes)
}

/// Only the largest connected part.
pub(crate) fn largest(mask: &Mask) -> Mask {
    let (labels, sizes) = components(mask);
    let best = (1..sizes.len()).max_by_key(|&label| sizes[label]).unwrap_or(0) as u32;
    labels.map(|label| label != 0 && label == best)
}

/// Only the parts that reach the border of the picture.
pub(crate) fn touching_border(mask: &Mask) -> Mask {
    let (labels, sizes) = components(mask);
    let mut touches = vec![false; sizes.len()];
    let (width, height) = (mask.width, mask.height);
    for x in 0..width {
        touches[labels.at(x, 0) as usize] = true;
        touches[labels.at(x, height - 1) as usize] = true;
    }
    for y in 0..height {
        touches[labels.at(0, y) as usize] = true;
        touches[labels.at(width - 1, y) as usize] = true;
    }
    labels.map(|label| label != 0 && touches[label as usize])
}

/// The mask with every enclosed hole of at most `size` pixels closed.
pub(crate) fn fill_holes(mask: &Mask, size: usize) -> Mask {
    let outside = mask.map(|inside| !inside);
    let open = touching_border(&outside);
    let (labels, sizes) = components(&outside.without(&open));
    mask.zip(&labels, |inside, label| inside || (label != 0 && sizes[label as usize] <= size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_discs_grow_a_mask_as_far_as_the_distance_says() {
        let mask = Mask::from_fn(23, 17, |x, y| (x * x + 3 * y) % 29 == 0 || x + y < 3);
        for radius in [0.0, 1.0, 1.5, 2.3, 3.0, 4.5_f32] {
            assert_eq!(grow(&mask, radius), distance_to(&mask).map(|away| away <= radius), "by {radius}");
            let inside = inside_distance(&mask).map(|deep| deep > radius);
            assert_eq!(grow(&mask, -radius), inside, "by -{radius}");
        }
    }
}
