//! Hair that grows full and fluffy: hundreds of locks in the colours of the hair itself, over a soft mass of them.

use std::f32::consts::TAU;

use crate::colour::{Rgb, difference, luminance, oklab, srgb};
use crate::effects::Act;
use crate::effects::bodies::packed;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, curve};
use crate::effects::expression::measure;
use crate::effects::frame::{Frame, Light};
use crate::effects::moods::near_face;
use crate::effects::motion::{Dice, noise, spring};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Plane};

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
        let roots = roots(cast);
        let [mut back, mut front] = [Sheet::new(cast.size), Sheet::new(cast.size)];
        let e = cast.face.between();
        mass(&mut back, cast, &roots, centre, &mut dice);
        for layer in 0..5 {
            // Outer locks first, so that inner ones lie on them.
            let out = 1.0 - layer as f32 / 4.0;
            for _ in 0..300 {
                let turn = dice.range(-1.0, 1.0) * mix(2.5, 2.75, out);
                let along = vec2(turn.sin(), -turn.cos());
                let long = mix(0.55, 1.0, out) * dice.range(0.75, 1.1);
                let reach = fullness(turn) * e * long;
                let colour =
                    shade(colour_near(cast, &roots, centre + along * (1.2 * e), &mut dice), out, &mut dice);
                let root = centre + along * (reach * 0.62);
                lock(&mut back, root, along, [reach * mix(0.5, 0.36, out), e], colour, &mut dice);
            }
        }
        for _ in 0..300 {
            if roots.is_empty() {
                break;
            }
            let root = roots[(dice.unit() * roots.len() as f32) as usize % roots.len()];
            let away = root - centre;
            let above = away.y < -0.55 * e && away.length() > 0.9 * e;
            // What hangs beside the face curls along its length.
            let hanging = away.x.abs() > 1.05 * e && away.y > 0.3 * e;
            if !above && !hanging {
                continue;
            }
            let out = if above { away.unit() } else { vec2(away.x.signum() * 0.7, 0.8).unit() };
            let along = (out + dice.direction(0.0, 0.5)).unit();
            let colour = shade(colour_near(cast, &roots, root, &mut dice), 0.8, &mut dice);
            lock(&mut front, root, along, [0.5 * e, e], colour, &mut dice);
        }
        let mask = cast.sharpened(&cast.person.hair);
        let own = Grid::par_from_fn(cast.size[0], cast.size[1], |x, y| {
            let share = mask.at(x, y);
            cast.figure.at(x, y).map(|c| c * share)
        });
        Self { own, back: back.layer(), front: front.layer(), centre }
    }
}

/// Everything of the head that is hair, at the clip's size: also tips that reach further than the eyes saw, and no ears.
pub(super) fn all(cast: &Cast) -> Plane {
    let seen = cast.sharpened(&cast.person.hair);
    let lab = |p: Vec2| oklab(cast.picture.sample(p.x, p.y).map(|light| f32::from(srgb(light)) / 255.0));
    let usual = |mut colours: Vec<Rgb>| -> Option<Rgb> {
        let half = colours.len() / 2;
        colours.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]));
        colours.get(half).copied()
    };
    let hair = &cast.person.hair;
    let places = hair.data.iter().enumerate().filter(|(_, inside)| **inside).step_by(5);
    let place = |i: usize| cast.frame.to_full(vec2((i % hair.width) as f32, (i / hair.width) as f32));
    let cheeks = [(-0.6, 0.6), (0.6, 0.6), (-0.4, 0.7), (0.4, 0.7), (0.0, 0.4), (-0.75, 0.9), (0.75, 0.9)];
    let skin = usual(cheeks.map(|(x, y)| lab(cast.face.at(x, y))).to_vec());
    let (Some(locks), Some(skin)) = (usual(places.map(|(i, _)| lab(place(i))).collect()), skin) else {
        return seen;
    };
    // A step in lightness counts half: ears lie in the shadow of the hair.
    let off = |a: Rgb, b: Rgb| difference([0.5 * a[0], a[1], a[2]], [0.5 * b[0], b[1], b[2]]);
    Grid::par_from_fn(seen.width, seen.height, |x, y| {
        let p = vec2(x as f32, y as f32);
        let q = measure(&cast.face, p);
        if cast.figure.at(x, y)[3] <= 0.0 || q.x.abs() > 4.0 || !(-4.0..3.0).contains(&q.y) {
            return seen.at(x, y);
        }
        let own = lab(p);
        // Ears are as coloured as skin, or more so, where hair is not.
        let colour = |lab: Rgb| lab[1].hypot(lab[2]);
        let coloured = (colour(own) - colour(locks)) / (colour(skin) - colour(locks)).max(0.02);
        let like_skin =
            smoothstep(0.01, 0.06, off(own, locks) - off(own, skin)).max(smoothstep(0.7, 1.1, coloured));
        let ears = smoothstep(1.8, 1.6, q.x.abs()) * smoothstep(-0.75, -0.55, q.y);
        let around = smoothstep(1.0, 1.12, (q.x / 1.2).hypot(q.y.min(0.0) / 1.5)) * smoothstep(1.4, 1.1, q.y);
        seen.at(x, y).max(around) * (1.0 - like_skin * ears)
    })
}

/// A layer at a place; nothing beyond its sides.
fn clear(layer: &Grid<Light>, q: Vec2) -> Light {
    let inside =
        q.x >= 0.0 && q.y >= 0.0 && q.x <= (layer.width - 1) as f32 && q.y <= (layer.height - 1) as f32;
    if inside { layer.sample(q.x, q.y) } else { [0.0; 4] }
}

/// How far hair reaches from the middle of the head in a direction (radians from upwards), in distances between the
/// eyes: full above and at the sides, less below the ears.
fn fullness(turn: f32) -> f32 {
    mix(2.75, 2.05, smoothstep(1.4, 2.6, turn.abs()))
}

/// Places of hair in clip pixels: every fourth pixel of it that has about the crown's colour, or, where hardly any was
/// found, the crown itself.
fn roots(cast: &Cast) -> Vec<Vec2> {
    let hair = &cast.person.hair;
    let crown: Vec<Vec2> = (0..25)
        .map(|i| (i as f32 / 24.0 - 0.5) * 1.5)
        .map(|turn| cast.face.at(1.15 * turn.sin(), 0.1 - 1.55 * turn.cos()))
        .collect();
    let colour = |p: &Vec2| oklab(cast.picture.sample(p.x, p.y).map(|light| f32::from(srgb(light)) / 255.0));
    let usual: Rgb = std::array::from_fn(|c| {
        let mut parts: Vec<f32> = crown.iter().map(|p| colour(p)[c]).collect();
        parts.sort_unstable_by(f32::total_cmp);
        parts[parts.len() / 2]
    });
    let all = hair.data.iter().enumerate().filter(|(_, inside)| **inside).step_by(4);
    let place = |i: usize| cast.frame.to_full(vec2((i % hair.width) as f32, (i / hair.width) as f32));
    let own: Vec<Vec2> = all.map(|(i, _)| place(i)).collect();
    // Of a background taken for hair nothing is kept; where the crown is bald it tells nothing.
    let alike: Vec<Vec2> = own.iter().copied().filter(|p| difference(colour(p), usual) < 0.2).collect();
    let bare = crown.iter().map(|p| cast.small(&cast.person.skin.likely, *p)).sum::<f32>() > 0.5 * 25.0;
    if bare || alike.len() * 2 > own.len() {
        own
    } else if alike.len() > 60 {
        alike
    } else {
        crown
    }
}

/// The soft mass under the locks: nothing of the background shows through it, its rim is uneven.
fn mass(sheet: &mut Sheet, cast: &Cast, roots: &[Vec2], centre: Vec2, dice: &mut Dice) {
    let e = cast.face.between();
    for i in 0..90 {
        let turn = (i as f32 / 44.5 - 1.0) * 2.6;
        let along = vec2(turn.sin(), -turn.cos());
        let out = dice.range(0.45, 0.80);
        let at = centre + along * (fullness(turn) * e * out);
        let colour = colour_near(cast, roots, centre + along * (1.2 * e), dice);
        let dark = packed(colour.map(|c| c * dice.range(0.45, 0.7)));
        sheet.spot(at, dice.range(0.5, 0.75) * e, Ink(dark, 0.9));
    }
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
    let floor = 0.003 + 0.01 * luminance(colour);
    colour.map(|c| (c * bright + floor).min(1.0))
}

/// A curling lock from `root` along a direction; its length, and the distance between the eyes.
fn lock(sheet: &mut Sheet, root: Vec2, along: Vec2, [long, e]: [f32; 2], colour: Rgb, dice: &mut Dice) {
    let across = along.turned();
    let (turns, wide) = (dice.range(1.0, 2.2), dice.range(0.08, 0.17) * e);
    let (phase, bend) = (dice.range(0.0, TAU), dice.range(-0.35, 0.35));
    let points: Vec<Vec2> = (0..14)
        .map(|i| i as f32 / 13.0)
        .map(|t| {
            let wave = (phase + t * turns * TAU).sin() * wide * smoothstep(0.0, 0.3, t) * (0.7 + 0.8 * t);
            // Loops, not zigzags: the curl goes back a little while it goes across.
            let back = (phase + t * turns * TAU).cos() * wide * 0.8;
            root + along * (long * t + back) + across * (wave + bend * long * t * t)
        })
        .collect();
    // Thick at the root and fine at the tip, soft at the sides.
    let thick = dice.range(0.05, 0.085) * e;
    let tone = |gain: f32, floor: f32| packed(colour.map(|c| (c * gain + floor).min(1.0)));
    let (body, middle) = (curve(&points[..11]), curve(&points[..8]));
    sheet.stroke(&curve(&points), thick * 0.4, Ink(tone(0.8, 0.0), 0.25));
    sheet.stroke(&body, thick, Ink(tone(0.62, 0.0), 0.55));
    sheet.stroke(&middle, thick * 0.75, Ink(tone(1.0, 0.0), 0.75));
    let side: Vec<Vec2> = points[1..8].iter().map(|p| *p + vec2(-0.16, -0.2) * thick).collect();
    sheet.stroke(&curve(&side), thick * 0.2, Ink(tone(1.8, 0.008), 0.45));
}

impl Act for FluffyHair {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let camera = near_face(cast, 0.55 * smoothstep(0.0, 1.6, time));
        let grown = spring(time, 0.25, 1.9);
        let nod = (time * 5.2).sin() * 0.035 * smoothstep(0.3, 1.0, time);
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
            let around = off.unit() * 3.0;
            let breeze = 1.0 + 0.05 * (noise(around.x + 8.0, around.y + time * 2.2) - 0.5) * 2.0;
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
            // What stands out already, as a bun does, grows no further.
            let (far, e) = (off.length(), cast.face.between());
            if far > 3.2 * e {
                return [0.0; 4];
            }
            let around = off.unit() * 4.0;
            let puffs = 0.86 + 0.26 * noise(around.x + 8.0, around.y + time * 0.4);
            let up = smoothstep(0.9, -0.2, off.y / far.max(1.0)) * smoothstep(3.2 * e, 1.8 * e, far);
            let swell = mix(1.0, 1.42 * puffs, grown * up);
            let q = self.centre + off * (1.0 / swell);
            clear(&self.own, q).map(|c| c * there)
        });
        frame.lay(|p| cast.figure_at(camera.back(p)));
        frame.lay(|p| {
            let Some(q) = stretched(p, 0.8) else { return [0.0; 4] };
            let place = measure(&cast.face, camera.back(p));
            let bare = smoothstep(0.35, 0.75, -place.y).max(smoothstep(1.0, 1.2, place.x.abs()));
            let share = smoothstep(0.3, 1.2, time) * bare;
            clear(&self.front, q).map(|c| c * share)
        });
    }
}

#[cfg(test)]
mod tests {
    use atelier_domain::{CancelToken, Picture};

    use super::*;

    #[test]
    fn ears_are_no_hair_and_the_tips_of_curls_are() {
        let sample =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/wiro_professional-headshot_input_2.jpg");
        let image = image::open(sample).unwrap().into_rgba8();
        let picture = Picture::from_rgba(image.width(), image.height(), image.into_raw()).unwrap();
        let cast = Cast::new(&picture, &CancelToken::default()).unwrap();
        let (hair, seen) = (all(&cast), cast.sharpened(&cast.person.hair));
        for (x, y) in [(221, 398), (501, 398)] {
            assert!(seen.at(x, y) > 0.5 && hair.at(x, y) < 0.3, "an ear in dark curls: {}", hair.at(x, y));
        }
        let crown = cast.face.at(0.0, -1.6).y as usize;
        let rim = (0..crown * hair.width).filter(|i| (0.3..0.9).contains(&cast.figure.data[*i][3]));
        let (found, all) =
            rim.fold((0, 0), |(found, all), i| (found + usize::from(hair.data[i] > 0.9), all + 1));
        assert!(all > 500 && found * 20 > all * 19, "{found} of {all}");
    }
}
