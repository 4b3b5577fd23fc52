//! What a retoucher does: skin made even with its texture kept, light made gentle.
//!
//! Decided here: skin is parted into three bands by two edge-keeping filters (self-guided, He, Sun, Tang 2013). Pores are
//! the finest and stay; the form of the face is the coarsest and stays; what lies between, blotches and small shadows, is
//! halved. Light is evened by a fifth of what one side of the face lacks, and a soft key is laid on.

use rayon::prelude::*;

use crate::colour::{Rgb, linear_from_srgb, luminance};
use crate::eyes::Person;
use crate::face::Face;
use crate::face::framing::Framing;
use crate::face::matte::{Cutout, shrunk, shrunk_plane};
use crate::geometry::{Vec2, smoothstep, vec2};
use crate::raster::{Grid, Plane, blur, box_blur};

/// Frame pixels per pixel of the grid on which the bands are parted.
const STEP: usize = 3;
/// Share of the middle band that is taken off skin.
const EVEN: f32 = 0.5;

/// Edge-keeping smoothing of one channel: windows whose variance is below `epsilon` count as flat.
pub(crate) fn keep_edges(plane: &Plane, radius: usize, epsilon: f32) -> Plane {
    let mean = box_blur(plane, radius);
    let square = box_blur(&plane.map(|v| v * v), radius);
    let slope = mean.zip(&square, |mean, square| {
        let variance = (square - mean * mean).max(0.0);
        variance / (variance + epsilon)
    });
    let offset = slope.zip(&mean, |slope, mean| (1.0 - slope) * mean);
    let (slope, offset) = (box_blur(&slope, radius), box_blur(&offset, radius));
    let line = slope.zip(&offset, |slope, offset| [slope, offset]);
    line.zip(plane, |[slope, offset], value| slope * value + offset)
}

/// Where skin is, without eyes, brows and lips, on a grid laid over a frame.
pub(crate) fn skin_only(person: &Person, face: &Face, framing: Framing) -> Plane {
    let likely = framing.of_small(&person.skin.likely, person.frame);
    let between = face.between();
    // Ellipses in distances between the eyes: middle across, middle down, half axes.
    let spared = [[-0.5, 0.0, 0.34, 0.2], [0.5, 0.0, 0.34, 0.2], [0.0, 1.1, 0.5, 0.26]];
    let (sin, cos) = face.roll().sin_cos();
    Grid::par_from_fn(framing.size[0], framing.size[1], |x, y| {
        if likely.at(x, y) <= 0.0 {
            return 0.0;
        }
        let off = framing.to_full(vec2(x as f32, y as f32)) - face.middle();
        let at = vec2(off.x * cos + off.y * sin, off.y * cos - off.x * sin) * (1.0 / between);
        let kept = spared.iter().map(|[across, down, wide, tall]| {
            smoothstep(0.75, 1.2, ((at.x - across) / wide).hypot((at.y - down) / tall))
        });
        likely.at(x, y) * kept.fold(1.0, f32::min)
    })
}

/// Takes half of the middle band off the skin of a cutout.
pub(crate) fn even_skin(cutout: &mut Cutout, person: &Person, face: &Face, strength: f32) {
    let framing = cutout.framing.coarser(STEP);
    let small = shrunk(&cutout.colour, STEP, framing.size);
    let unit = face.unit() / framing.scale;
    let (fine, broad) = ((0.012 * unit).max(1.0) as usize, (0.05 * unit).max(2.0) as usize);
    let bands: Vec<Plane> = (0..3)
        .into_par_iter()
        .map(|c| {
            let plane = small.map(|rgb| rgb[c]);
            let (fine, broad) =
                rayon::join(|| keep_edges(&plane, fine, 4e-4), || keep_edges(&plane, broad, 2.5e-3));
            fine.zip(&broad, |fine, broad| fine - broad)
        })
        .collect();
    let skin = blur(&skin_only(person, face, framing), 1.0);
    let off = Grid::from_fn(small.width, small.height, |x, y| {
        let share = skin.at(x, y) * EVEN * strength;
        [bands[0].at(x, y) * share, bands[1].at(x, y) * share, bands[2].at(x, y) * share]
    });
    let spans: Vec<[usize; 2]> = (0..skin.height).map(|y| span(skin.row(y))).collect();
    let width = cutout.colour.width;
    cutout.colour.data.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        let at = |v: usize| (v as f32 + 0.5) / STEP as f32 - 0.5;
        let near = [y / STEP, (y / STEP).saturating_sub(1), (y / STEP + 1).min(skin.height - 1)];
        let from = near.iter().map(|&y| spans[y][0]).min().unwrap_or(0).saturating_sub(1) * STEP;
        let to = near.iter().map(|&y| spans[y][1] + 1).max().unwrap_or(0) * STEP;
        for (x, colour) in row.iter_mut().enumerate().take(to).skip(from) {
            let off = off.sample(at(x), at(y));
            *colour = std::array::from_fn(|c| (colour[c] - off[c]).clamp(0.0, 1.0));
        }
    });
}

/// From and to of the values above nothing; an empty span that begins at the end where there are none.
fn span(row: &[f32]) -> [usize; 2] {
    let is_set = |value: &f32| *value > 0.0;
    let from = row.iter().position(is_set).unwrap_or(row.len());
    [from, row.iter().rposition(is_set).map_or(0, |last| last + 1)]
}

/// Factors on the person's linear light, on a coarse grid: evened out, then lit by a key from `key` (unit length, x to
/// the right, y down).
pub(crate) fn gentle_light(cutout: &Cutout, face: &Face, key: Vec2, coarse: usize) -> Plane {
    let framing = cutout.framing.coarser(coarse);
    let small = shrunk(&cutout.colour, coarse, framing.size);
    let share = shrunk_plane(&cutout.alpha, coarse, framing.size);
    let unit = face.unit() / framing.scale;
    let light = small.map(|rgb: Rgb| luminance(rgb.map(linear_from_srgb)).max(0.004).ln());
    let sigma = 0.16 * unit;
    let (sum, weight) =
        rayon::join(|| blur(&light.zip(&share, |light, share| light * share), sigma), || blur(&share, sigma));
    let local = sum.zip(&weight, |sum, weight| sum / weight.max(1e-3));
    let middle = framing.to_frame(face.at(0.0, 0.5));
    let cheek = |side: f32| {
        let at = framing.to_frame(face.at(side * 0.75, 0.6));
        local.sample(at.x, at.y)
    };
    let (left, right) = (cheek(-1.0), cheek(1.0));
    let tilt = (left - right).clamp(-0.8, 0.8);
    let rim = blur(&share, 0.03 * unit);
    Grid::from_fn(framing.size[0], framing.size[1], |x, y| {
        let off = (vec2(x as f32, y as f32) - middle) * (1.0 / unit);
        // One third of the difference between the cheeks is taken back, around the head only.
        let near = smoothstep(1.1, 0.3, off.length());
        let evened = 0.3 * tilt * smoothstep(-0.32, 0.32, off.x).mul_add(1.0, -0.5) * near;
        let lit = 0.10 * (off.dot(key) * 1.6).clamp(-1.0, 1.0) * near + 0.03 * near;
        let below = -0.16 * smoothstep(0.55, 1.5, off.y);
        let edge = 0.10 * (1.0 - smoothstep(0.55, 1.0, rim.at(x, y)));
        (evened + lit + below + edge).exp()
    })
}
