//! Places to be in: skies, skylines, smoke and beams that stand in for the background of the picture.

use crate::colour::Rgb;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, polygon};
use crate::effects::frame::{Light, hex};
use crate::effects::motion::{Dice, cloudy, noise};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::Grid;

/// A colour between three, from the top of the frame to its bottom.
pub(super) fn sky(y: f32, [top, middle, bottom]: [u32; 3]) -> Rgb {
    let [top, middle, bottom] = [top, middle, bottom].map(hex);
    std::array::from_fn(|c| {
        if y < 0.5 { mix(top[c], middle[c], y * 2.0) } else { mix(middle[c], bottom[c], y * 2.0 - 1.0) }
    })
}

/// How thick clouds are at a place in shares of the frame, `0..=1`.
pub(super) fn clouds(p: Vec2, drift: f32) -> f32 {
    let q = vec2(p.x * 3.0 + drift, p.y * 6.0);
    let bent = vec2(q.x + 0.5 * noise(q.x * 2.0, q.y * 2.0), q.y + 0.4 * noise(q.y * 2.3, q.x * 1.7));
    let thick = cloudy(bent.x, bent.y) * 0.72
        + 0.18 * noise(bent.x * 5.0, bent.y * 5.0)
        + 0.10 * noise(bent.x * 13.0, bent.y * 13.0);
    smoothstep(0.45, 0.75, thick)
}

/// Beams of light from a place above, `0..=1`; `time` lets them sway.
pub(super) fn shafts(p: Vec2, from: Vec2, time: f32) -> f32 {
    let off = p - from;
    let angle = off.x.atan2(off.y.max(0.01));
    let beams = noise(angle * 9.0 + 0.3 * time, 3.0) * 0.6 + noise(angle * 23.0 - 0.5 * time, 7.0) * 0.4;
    smoothstep(0.45, 0.85, beams) * smoothstep(1.5, 0.2, off.length())
}

/// Houses against the sky, their windows lit, as a layer of the frame's size.
pub(super) fn skyline(cast: &Cast, seed: u64, wall: u32, window: u32) -> Grid<Light> {
    let (w, h) = (cast.width(), cast.height());
    let mut sheet = Sheet::new(cast.size);
    let mut dice = Dice::new(seed, 71);
    for row in 0..2 {
        let far = row == 0;
        let mut x = -0.05 * w;
        while x < 1.05 * w {
            let wide = dice.range(0.08, 0.17) * w;
            let top = h * if far { dice.range(0.36, 0.62) } else { dice.range(0.55, 0.8) };
            let house = [vec2(x, h), vec2(x, top), vec2(x + wide, top), vec2(x + wide, h)];
            let dark = Ink(wall, 1.0);
            let haze = Ink(0x8a_90b0, if far { 0.25 } else { 0.06 });
            sheet.fill(&polygon(&house), dark);
            sheet.fill(&polygon(&house), haze);
            let pane = 0.012 * w;
            let (columns, rows) = ((wide / (pane * 2.1)) as usize, ((h - top) / (pane * 2.8)) as usize);
            for i in 0..columns {
                for j in 0..rows.min(30) {
                    if dice.unit() < 0.42 {
                        let at = vec2(x + pane * (0.7 + 2.1 * i as f32), top + pane * (1.2 + 2.8 * j as f32));
                        let corners = [
                            at,
                            at + vec2(pane, 0.0),
                            at + vec2(pane, 1.5 * pane),
                            at + vec2(0.0, 1.5 * pane),
                        ];
                        sheet.fill(&polygon(&corners), Ink(window, dice.range(0.2, 0.9)));
                    }
                }
            }
            x += wide + dice.range(0.0, 0.02) * w;
        }
    }
    sheet.layer()
}
