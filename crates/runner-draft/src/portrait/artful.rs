//! The painted look: curved brush strokes laid from coarse to fine where the picture still differs (after Hertzmann 1998),
//! with the relief of the paint lit from the side, on canvas.

use rayon::prelude::*;

use super::flow::Flow;
use super::scene::Scene;
use crate::backdrop::{Chance, at_pixel};
use crate::colour::{Rgb, luminance};
use crate::face::matte::shrunk;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Plane, blur};

/// A stroke of paint.
struct Stroke {
    points: Vec<Vec2>,
    radius: f32,
    colour: Rgb,
    /// How thick the paint is.
    body: f32,
    seed: usize,
}

/// Rows that are painted by one thread at a time.
const BAND: usize = 48;
/// Points of a stroke.
const LENGTH: usize = 4;

/// Paint and its height, a pixel.
type Wet = [f32; 4];

pub(super) fn paint(scene: &Scene<'_>, strength: f32, detail: f32) -> Grid<Rgb> {
    let picture = enriched(scene, strength);
    let unit = scene.unit();
    let step = 4;
    let small = shrunk(&picture, step, scene.cutout.framing.coarser(step).size);
    let flow = Flow::of(&small.map(luminance), step, 0.035 * unit / step as f32);
    let ground: Rgb = [0.46, 0.36, 0.27];
    let mut canvas: Grid<Wet> =
        Grid::new(picture.width, picture.height, [ground[0], ground[1], ground[2], 0.0]);
    let coarse = mix(0.06, 0.085, (strength - 0.5).clamp(0.0, 1.0));
    let fine = mix(0.011, 0.006, detail.clamp(0.0, 1.0));
    let mut chance = Chance::new(scene.variation.seed ^ 0xB2);
    for (layer, radius) in [coarse, 0.032, 0.015, fine].into_iter().enumerate() {
        let radius = (radius * unit).max(1.6);
        let strokes = plan(scene, &picture, &canvas, &flow, radius, layer, &mut chance);
        lay(&mut canvas, &strokes);
    }
    finish(&canvas, scene, &picture, detail)
}

/// Painters see more colour than there is.
fn enriched(scene: &Scene<'_>, strength: f32) -> Grid<Rgb> {
    let mut picture = scene.picture.clone();
    picture.data.par_iter_mut().for_each(|rgb| {
        let grey = luminance(*rgb);
        let warm = (grey - 0.45) * 0.07 * strength;
        *rgb = std::array::from_fn(|c| {
            let vivid = grey + (rgb[c] - grey) * mix(1.0, 1.35, strength);
            (vivid + [warm, 0.15 * warm, -warm][c]).clamp(0.0, 1.0)
        });
    });
    picture
}

/// Decides where strokes of one size go.
fn plan(
    scene: &Scene<'_>,
    picture: &Grid<Rgb>,
    canvas: &Grid<Wet>,
    flow: &Flow,
    radius: f32,
    layer: usize,
    chance: &mut Chance,
) -> Vec<Stroke> {
    let unit = scene.unit();
    let step = (radius * 0.5).max(1.0) as usize;
    let size = [picture.width.div_ceil(step), picture.height.div_ceil(step)];
    let seen = shrunk(picture, step, size);
    let face = scene.at(0.0, 0.55);
    let eyes = [scene.at(-0.5, 0.0), scene.at(0.5, 0.0), scene.at(0.0, 1.08)];
    let mut strokes = Vec::new();
    let gap = radius * 1.05;
    let (columns, rows) =
        ((picture.width as f32 / gap) as usize + 1, (picture.height as f32 / gap) as usize + 1);
    for i in 0..columns * rows {
        let jitter = vec2(chance.within(0.0, 1.0), chance.within(0.0, 1.0));
        let tone = [chance.within(-1.0, 1.0), chance.within(-1.0, 1.0)];
        let start = vec2(((i % columns) as f32 + jitter.x) * gap, ((i / columns) as f32 + jitter.y) * gap);
        let (x, y) = (start.x as usize, start.y as usize);
        if x >= picture.width || y >= picture.height {
            continue;
        }
        let wanted = seen.at((x / step).min(size[0] - 1), (y / step).min(size[1] - 1));
        let there = canvas.at(x, y);
        let off = (0..3).map(|c| (wanted[c] - there[c]).abs()).sum::<f32>();
        // The finest brush is for the face; the place behind is left broad.
        let near = eyes.iter().map(|eye| (*eye - start).length()).fold(f32::MAX, f32::min) / unit;
        let in_face = (start - face).length() / unit < 0.55;
        let person = scene.cutout.alpha.at(x, y) > 0.4;
        let care = if near < 0.14 {
            0.45
        } else if in_face {
            0.8
        } else if person {
            1.1
        } else {
            2.2
        };
        let needed = [0.0, 0.11, 0.13, 0.13][layer] * care;
        if (layer > 0 && off < needed) || (layer == 3 && near > 0.2 && !(in_face && person)) {
            continue;
        }
        let spread = if in_face { 0.018 } else { 0.05 };
        let colour: Rgb = std::array::from_fn(|c| {
            let hue = [tone[1], -0.3 * tone[1], -tone[1]][c] * 0.5;
            (wanted[c] + (tone[0] + hue) * spread).clamp(0.0, 1.0)
        });
        let thick = 0.5 + 0.5 * luminance(colour);
        strokes.push(Stroke { points: along(flow, start, radius), radius, colour, body: thick, seed: i });
    }
    // Strokes lie over each other in no order.
    for i in (1..strokes.len()).rev() {
        strokes.swap(i, (chance.bits() % (i as u64 + 1)) as usize);
    }
    strokes
}

/// Follows the lines of the picture both ways.
fn along(flow: &Flow, start: Vec2, radius: f32) -> Vec<Vec2> {
    let mut points = vec![start];
    let mut heading = flow.at(start);
    for _ in 0..LENGTH {
        let here = points[points.len() - 1];
        let next = flow.at(here);
        let next = if next.dot(heading) < 0.0 { next * -1.0 } else { next };
        heading = (heading * 0.45 + next * 0.55).unit();
        points.push(here + heading * (radius * 1.1));
    }
    points
}

/// Lays strokes on the canvas, bands of rows in parallel.
fn lay(canvas: &mut Grid<Wet>, strokes: &[Stroke]) {
    let (width, height) = (canvas.width, canvas.height);
    let bands = height.div_ceil(BAND);
    let mut by_band: Vec<Vec<&Stroke>> = vec![Vec::new(); bands];
    for stroke in strokes {
        let top = stroke.points.iter().map(|p| p.y).fold(f32::MAX, f32::min) - stroke.radius - 1.0;
        let bottom = stroke.points.iter().map(|p| p.y).fold(f32::MIN, f32::max) + stroke.radius + 1.0;
        let from = (top.max(0.0) as usize / BAND).min(bands - 1);
        let to = (bottom.max(0.0) as usize / BAND).min(bands - 1);
        by_band[from..=to].iter_mut().for_each(|band| band.push(stroke));
    }
    canvas.data.par_chunks_mut(width * BAND).zip(by_band).enumerate().for_each(|(band, (rows, strokes))| {
        for stroke in strokes {
            sweep(rows, width, band * BAND, stroke);
        }
    });
}

/// A piece of a stroke.
struct Segment {
    from: Vec2,
    along: Vec2,
    inverse: f32,
}

impl Segment {
    fn new(from: Vec2, to: Vec2) -> Self {
        let along = to - from;
        Self { from, along, inverse: 1.0 / along.dot(along).max(1e-6) }
    }
}

/// How far a point is from a stroke, where along it (in segments), and how far beside it; none beyond `radius`.
fn nearest(segments: &[Segment], point: Vec2, radius: f32) -> Option<(f32, f32, f32)> {
    let mut best = (radius * radius, 0, 0.0);
    let mut found = false;
    for (i, segment) in segments.iter().enumerate() {
        let off = point - segment.from;
        let t = (off.dot(segment.along) * segment.inverse).clamp(0.0, 1.0);
        let rest = off - segment.along * t;
        let distance = rest.dot(rest);
        if distance < best.0 {
            best = (distance, i, t);
            found = true;
        }
    }
    let (squared, i, t) = best;
    let side = segments[i].along.turned().dot(point - segments[i].from).signum();
    let distance = squared.sqrt();
    found.then_some((distance, i as f32 + t, side * distance))
}

/// One stroke in a band of rows that begins at `top`.
fn sweep(rows: &mut [Wet], width: usize, top: usize, stroke: &Stroke) {
    let radius = stroke.radius;
    let low = |f: fn(&Vec2) -> f32| stroke.points.iter().map(f).fold(f32::MAX, f32::min) - radius;
    let high = |f: fn(&Vec2) -> f32| stroke.points.iter().map(f).fold(f32::MIN, f32::max) + radius;
    let (x0, x1) = (low(|p| p.x).max(0.0) as usize, (high(|p| p.x) + 1.0).clamp(0.0, width as f32) as usize);
    let bottom = top + rows.len() / width;
    let (y0, y1) =
        ((low(|p| p.y).max(0.0) as usize).max(top), ((high(|p| p.y) + 1.0).max(0.0) as usize).min(bottom));
    let segments: Vec<Segment> =
        stroke.points.windows(2).map(|pair| Segment::new(pair[0], pair[1])).collect();
    for y in y0..y1 {
        for x in x0..x1 {
            let point = vec2(x as f32, y as f32);
            let Some((distance, along, beside)) = nearest(&segments, point, radius) else { continue };
            let away = distance / radius;
            // Bristles run along the stroke and give out towards its end.
            let bristle = at_pixel(((beside / radius + 1.0) * 4.5) as usize + 1, stroke.seed);
            let spent = along / (LENGTH as f32);
            let alpha = smoothstep(1.0, 0.78, away) * smoothstep(1.15, 0.75, spent + 0.35 * (bristle - 0.4));
            let pixel = &mut rows[(y - top) * width + x];
            let load = 1.0 + 0.09 * (bristle - 0.5);
            for (value, paint) in pixel.iter_mut().zip(stroke.colour) {
                *value = mix(*value, (paint * load).min(1.0), alpha);
            }
            let ridge = stroke.body * (0.35 + 0.5 * bristle + 0.4 * smoothstep(0.55, 0.9, away));
            pixel[3] = mix(pixel[3], ridge, alpha);
        }
    }
}

/// The relief of the paint in light from the upper left, and the weave of the canvas where paint is thin. Eyes and mouth
/// are finished with a brush too fine to be seen: by them a face is known.
fn finish(canvas: &Grid<Wet>, scene: &Scene<'_>, picture: &Grid<Rgb>, detail: f32) -> Grid<Rgb> {
    let height: Plane = blur(&canvas.map(|wet| wet[3]), 0.8);
    let at = |x: usize, y: usize| height.at(x.min(height.width - 1), y.min(height.height - 1));
    let between = scene.face.between() / scene.cutout.framing.scale;
    let features = [
        (scene.at(-0.5, -0.06), 0.42, 0.3),
        (scene.at(0.5, -0.06), 0.42, 0.3),
        (scene.at(0.0, 1.08), 0.66, 0.32),
    ];
    Grid::par_from_fn(canvas.width, canvas.height, |x, y| {
        let slope = (at(x + 1, y) - at(x.saturating_sub(1), y)) + (at(x, y + 1) - at(x, y.saturating_sub(1)));
        let weave =
            ((x as f32 * 1.05).sin() * (y as f32 * 1.05).sin()) * 0.012 + (at_pixel(x, y) - 0.5) * 0.012;
        let light = 1.0 + (slope * 0.30).clamp(-0.14, 0.16) + weave * (1.2 - at(x, y));
        let place = vec2(x as f32, y as f32);
        let fine = features.iter().map(|(centre, wide, tall)| {
            let off = (place - *centre) * (1.0 / between);
            smoothstep(1.0, 0.45, (off.x / wide).hypot(off.y / tall))
        });
        let fine = fine.fold(0.0, f32::max) * mix(0.45, 0.85, detail.min(1.0));
        let (wet, own) = (canvas.at(x, y), picture.at(x, y));
        std::array::from_fn(|c| (mix(wet[c], own[c], fine) * light).clamp(0.0, 1.0))
    })
}
