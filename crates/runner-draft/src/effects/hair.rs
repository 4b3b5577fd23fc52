//! Hair that grows full and fluffy: hundreds of curls in the colours of the hair itself.

use std::f32::consts::TAU;

use crate::colour::{Rgb, luminance};
use crate::effects::Act;
use crate::effects::bodies::packed;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, curve};
use crate::effects::frame::{Frame, Light};
use crate::effects::moods::near_face;
use crate::effects::motion::{Dice, noise, spring};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Mask};

/// The curls at their full size, behind the head and on it.
pub(super) struct FluffyHair {
    /// The hair as it is in the picture.
    own: Grid<Light>,
    back: Grid<Light>,
    front: Grid<Light>,
    centre: Vec2,
}

/// Used where no hair was found: somebody bald gets brown curls.
const BROWN: Rgb = [0.06, 0.032, 0.018];

impl FluffyHair {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let mut dice = Dice::new(seed, 21);
        let centre = cast.face.at(0.0, -0.25);
        let roots = roots(cast, &cast.person.hair);
        let [mut back, mut front] = [Sheet::new(cast.size), Sheet::new(cast.size)];
        let e = cast.face.between();
        for layer in 0..5 {
            // Outer curls first, so that inner ones lie on them.
            let out = 1.0 - layer as f32 / 4.0;
            for _ in 0..620 {
                let angle = dice.range(-1.0, 1.0);
                let turn = angle * mix(2.5, 2.75, out);
                let along = vec2(turn.sin(), -turn.cos());
                let long = mix(0.55, 1.0, out) * dice.range(0.75, 1.1);
                // Full above and at the sides, less below the ears.
                let reach = mix(2.75, 2.05, smoothstep(0.55, 1.0, angle.abs())) * e * long;
                let colour = colour_near(cast, &roots, centre + along * (1.2 * e), &mut dice);
                curl(
                    &mut back,
                    centre + along * (reach * 0.62),
                    along,
                    reach * 0.5,
                    e,
                    shade(colour, out, &mut dice),
                    &mut dice,
                );
            }
        }
        for _ in 0..260 {
            if roots.is_empty() {
                break;
            }
            let root = roots[(dice.unit() * roots.len() as f32) as usize % roots.len()];
            let away = root - centre;
            if away.y > -0.55 * e || away.length() < 0.9 * e {
                continue;
            }
            let along = (away.unit() + dice.direction(0.0, 0.5)).unit();
            let colour = colour_near(cast, &roots, root, &mut dice);
            curl(&mut front, root, along, 0.5 * e, e, shade(colour, 0.8, &mut dice), &mut dice);
        }
        let mask = cast.sharpened(&cast.person.hair);
        let own = Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
            let share = mask.at(x, y);
            cast.figure.at(x, y).map(|c| c * share)
        });
        Self { own, back: back.layer(), front: front.layer(), centre }
    }
}

/// A layer at a place; nothing beyond its sides.
fn clear(layer: &Grid<Light>, q: Vec2) -> Light {
    let inside =
        q.x >= 0.0 && q.y >= 0.0 && q.x <= (layer.width - 1) as f32 && q.y <= (layer.height - 1) as f32;
    if inside { layer.sample(q.x, q.y) } else { [0.0; 4] }
}

/// Every fourth hair pixel, in clip pixels.
fn roots(cast: &Cast, hair: &Mask) -> Vec<Vec2> {
    let inside =
        |(i, _): (usize, &bool)| cast.frame.to_full(vec2((i % hair.width) as f32, (i / hair.width) as f32));
    hair.data.iter().enumerate().filter(|(_, inside)| **inside).step_by(4).map(inside).collect()
}

/// The picture's colour at one of the roots nearest to a place.
fn colour_near(cast: &Cast, roots: &[Vec2], place: Vec2, dice: &mut Dice) -> Rgb {
    let draw = |dice: &mut Dice| roots[(dice.unit() * roots.len() as f32) as usize % roots.len()];
    if roots.is_empty() {
        return BROWN;
    }
    let best =
        (0..5).map(|_| draw(dice)).min_by(|a, b| (*a - place).length().total_cmp(&(*b - place).length()));
    best.map_or(BROWN, |root| cast.picture.sample(root.x, root.y))
}

/// Brighter outside than in the depth, and never the same twice.
fn shade(colour: Rgb, out: f32, dice: &mut Dice) -> Rgb {
    let bright = mix(0.55, 1.25, out) * dice.range(0.75, 1.35);
    // Black hair needs some light to show its curls.
    let floor = 0.006 + 0.01 * luminance(colour);
    colour.map(|c| (c * bright + floor).min(1.0))
}

/// A curl from `root` along a direction.
fn curl(sheet: &mut Sheet, root: Vec2, along: Vec2, long: f32, e: f32, colour: Rgb, dice: &mut Dice) {
    let across = along.turned();
    let (turns, wide) = (dice.range(1.4, 2.8), dice.range(0.08, 0.19) * e);
    let (phase, bend) = (dice.range(0.0, TAU), dice.range(-0.25, 0.25));
    let points: Vec<Vec2> = (0..18)
        .map(|i| i as f32 / 17.0)
        .map(|t| {
            let wave = (phase + t * turns * TAU).sin() * wide * smoothstep(0.0, 0.3, t);
            // Loops, not zigzags: the curl goes back a little while it goes across.
            let back = (phase + t * turns * TAU).cos() * wide * 0.8;
            root + along * (long * t + back) + across * (wave + bend * long * t * t)
        })
        .collect();
    let thick = dice.range(0.018, 0.034) * e;
    sheet.stroke(&curve(&points), thick * 1.5, Ink(packed(colour.map(|c| c * 0.5)), 0.4));
    sheet.stroke(&curve(&points), thick, Ink(packed(colour), 0.95));
    let side: Vec<Vec2> = points[2..14].iter().map(|p| *p + vec2(-0.2, -0.25) * thick).collect();
    sheet.stroke(&curve(&side), thick * 0.28, Ink(packed(colour.map(|c| (c * 2.1 + 0.025).min(1.0))), 0.65));
}

impl Act for FluffyHair {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let camera = near_face(cast, 0.55 * smoothstep(0.0, 1.6, time));
        let grown = spring(time, 0.25, 1.9);
        let nod = (time * 5.2).sin() * 0.015 * smoothstep(0.3, 1.0, time) * smoothstep(3.2, 2.0, time);
        frame.each(|p, _| cast.plate_at(camera.depth(0.7).back(p)));
        let (sin, cos) = (nod * 2.0).sin_cos();
        let reach = 3.4 * cast.face.between();
        // Where what is at a place of the screen was in a layer, as far as curls reach.
        let stretched = |p: Vec2, least: f32| {
            let off = camera.back(p) - self.centre;
            if off.dot(off) > reach * reach {
                return None;
            }
            let off = vec2(off.x * cos - off.y * sin, off.x * sin + off.y * cos);
            let breeze = 1.0 + 0.03 * (noise(off.y.atan2(off.x) * 3.0, time * 2.2) - 0.5) * 2.0;
            Some(self.centre + off * (1.0 / (mix(least, 1.0, grown) * breeze).max(0.05)))
        };
        let there = smoothstep(0.2, 0.5, time);
        frame.lay(|p| {
            let Some(q) = stretched(p, 0.42) else { return [0.0; 4] };
            clear(&self.back, q).map(|c| c * there)
        });
        frame.lay(|p| {
            // The hair itself, swollen into soft puffs that lie on the curls.
            let off = camera.back(p) - self.centre;
            if !cast.near(self.centre + off) {
                return [0.0; 4];
            }
            let angle = off.y.atan2(off.x);
            let puffs = 0.86 + 0.26 * noise(angle.cos() * 4.0 + 8.0, angle.sin() * 4.0 + time * 0.4);
            let swell = mix(1.0, 1.42 * puffs, grown * smoothstep(0.9, -0.2, off.y / off.length().max(1.0)));
            let q = self.centre + off * (1.0 / swell);
            clear(&self.own, q).map(|c| c * there)
        });
        frame.lay(|p| cast.figure_at(camera.back(p)));
        frame.lay(|p| {
            let Some(q) = stretched(p, 0.8) else { return [0.0; 4] };
            let bare =
                smoothstep(0.35, 0.75, -crate::effects::expression::measure(&cast.face, camera.back(p)).y);
            let share = smoothstep(0.3, 1.2, time) * bare;
            clear(&self.front, q).map(|c| c * share)
        });
    }
}
