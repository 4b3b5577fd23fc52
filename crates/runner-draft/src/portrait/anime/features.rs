//! Brows, nose and mouth as a few strokes, where the person's own are.

use super::INK;
use super::head::Head;
use crate::colour::Rgb;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::Grid;

/// Colours to draw with, sRGB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paints {
    pub(super) skin: Rgb,
    pub(super) shadow: Rgb,
    pub(super) brow: Rgb,
}

/// Draws them into the face; `hair` is how much of a pixel hair covers.
pub(super) fn draw(
    head: &Head,
    paints: Paints,
    side: f32,
    drawn: &mut Grid<Rgb>,
    hair: impl Fn(usize, usize) -> f32,
) {
    let e = head.between();
    let soft = 1.2 / e;
    let (width, height) = (drawn.width, drawn.height);
    for (i, pixel) in drawn.data.iter_mut().enumerate() {
        let (x, y) = (i % width, i / width);
        let q = head.place(vec2(x as f32, y as f32));
        if q.x.abs() > 1.1 || !(-0.9..1.7).contains(&q.y) || y >= height {
            continue;
        }
        let bare = 1.0 - hair(x, y);
        let mut lay = |paint: Rgb, share: f32| {
            *pixel = std::array::from_fn(|c| mix(pixel[c], paint[c], (share * bare).clamp(0.0, 1.0)));
        };
        nose(q, soft, side, paints, &mut lay);
        if head.teeth {
            grin(head, q, soft, paints, &mut lay);
        } else {
            mouth(head, q, soft, paints, &mut lay);
        }
        if !head.shaded {
            lay(paints.brow, brow(head, q, soft));
        }
    }
}

/// 1 within `thick` of a distance.
fn within(distance: f32, thick: f32, soft: f32) -> f32 {
    smoothstep(soft, -soft, distance.abs() - thick)
}

/// Thick in the middle, fine at the outer end.
fn brow(head: &Head, q: Vec2, soft: f32) -> f32 {
    let t = (q.x.abs() - 0.17) / 0.7;
    if !(0.0..1.0).contains(&t) {
        return 0.0;
    }
    let row = head.brow.row + head.brow.fall * (q.x.abs() - 0.5) + 0.11 * (t - 0.55).powi(2) * 4.0 - 0.04;
    let thick = 0.048 * (1.0 - t).powf(0.6) * smoothstep(-0.08, 0.14, t);
    within(q.y - row, thick, soft) * smoothstep(0.0, 0.02, thick)
}

/// A small shadow on the side away from the lamp, and a short line under the tip.
fn nose(q: Vec2, soft: f32, side: f32, paints: Paints, lay: &mut impl FnMut(Rgb, f32)) {
    let at = vec2(-q.x * side, q.y);
    let oval = |x: f32| (((at.x - x) / 0.085).hypot((at.y - 0.6) / 0.15) - 1.0) * 0.085;
    let wedge = smoothstep(soft, -soft, oval(0.03)) * smoothstep(-soft, soft, oval(-0.03));
    lay(paints.shadow, wedge * smoothstep(0.42, 0.5, at.y));
    let tip = (at.x - 0.02) / 0.085;
    let under = within(q.y - 0.735 + 0.02 * tip * tip, 0.011 * (1.0 - tip * tip).max(0.0).sqrt(), soft);
    lay(line_colour(paints), under * smoothstep(1.0, 0.7, tip.abs()) * 0.8);
}

/// A mouth that shows its teeth.
fn grin(head: &Head, q: Vec2, soft: f32, paints: Paints, lay: &mut impl FnMut(Rgb, f32)) {
    let t = q.x / 0.44;
    let bow = (1.0 - t * t).max(0.0);
    let upper = head.mouth.row - 0.24 + 0.13 * bow;
    let lower = upper + 0.25 * bow.powf(0.8);
    let depth = (q.y - upper).min(lower - q.y);
    lay(
        line_colour(paints),
        smoothstep(-0.022 - soft, -0.022 + soft, depth) * smoothstep(1.03, 0.99, t.abs()),
    );
    lay([0.98, 0.97, 0.95], smoothstep(-soft, soft, depth) * smoothstep(1.0, 0.9, t.abs()));
}

fn mouth(head: &Head, q: Vec2, soft: f32, paints: Paints, lay: &mut impl FnMut(Rgb, f32)) {
    let half = 0.35;
    let t = q.x / half;
    // A portrait one likes does not sulk.
    let row = head.mouth.row + (head.mouth.fall - 0.25).clamp(-0.9, 0.05) * (q.x * q.x - 0.03);
    let bow = (1.0 - t * t).max(0.0);
    if let Some(lips) = head.lips {
        let upper = 0.085 * bow * (1.0 - 0.25 * (-(q.x / 0.06).powi(2)).exp());
        let lower = 0.115 * bow;
        let off = q.y - row;
        let inside = smoothstep(soft, -soft, (-upper - off).max(off - lower));
        let tint: Rgb = std::array::from_fn(|c| mix(paints.skin[c], lips[c], 0.75) * [1.04, 0.98, 0.98][c]);
        let deep = if off < 0.0 { 0.92 } else { 1.0 };
        lay(tint.map(|c| (c * deep).min(1.0)), inside * bow.sqrt());
    } else {
        let under = within(q.y - row - 0.17, 0.014 * (1.0 - (q.x / 0.13).powi(2)).max(0.0).sqrt(), soft);
        lay(paints.shadow, under * smoothstep(0.13, 0.1, q.x.abs()));
    }
    let thick = 0.006 + 0.013 * bow * (0.5 + 0.5 * t * t);
    lay(line_colour(paints), within(q.y - row, thick, soft) * smoothstep(1.0, 0.93, t.abs()));
}

/// Lines within a face are a dark skin's, not black.
fn line_colour(paints: Paints) -> Rgb {
    std::array::from_fn(|c| mix(INK[c], paints.shadow[c], 0.28))
}
