//! Tops and dresses: one field takes every point of the garment to the body, a thin-plate spline for the trunk that
//! turns, over a hand's breadth around the armhole, into a strip along each arm.
//!
//! Decided here: sleeves are layers of their own, as they may hang over the trunk, but all layers are bent by the same
//! field, so that no seam shows where they meet.

use super::sleeve::{Armhole, Strip, WORN};
use super::{Fitted, Piece, Place};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level, sign};
use crate::garment::Upper;
use crate::geometry::{Vec2, mix, smoothstep, to_segment, vec2};
use crate::warp::{Mesh, Spline};

/// Where the upper seams go, in small pixels of the person.
struct Seams {
    scale: f32,
    tips: [Vec2; 2],
    armpits: [Vec2; 2],
    /// From the body to the garment.
    pairs: Vec<(Vec2, Vec2)>,
    neckline: f32,
}

pub(super) fn fit(garment: &Upper, person: &Person) -> Fitted {
    let seams = seams(garment, person);
    let sleeves = SIDES.map(|side| {
        let armhole = Armhole { scale: seams.scale, tip: seams.tips[side], armpit: seams.armpits[side] };
        garment.sleeves[side].as_ref().map(|sleeve| Strip::new(garment, sleeve, side, person, armhole))
    });
    let ends = SIDES.map(|side| sleeves[side].as_ref().map_or(0.0, |strip| strip.end));
    let onto_body: Vec<_> = seams.pairs.iter().map(|&(body, garment)| (garment, body)).collect();
    let mut pieces = Vec::new();
    if let Some(trunk) = Spline::new(&onto_body, 1e-4) {
        let field = Field { garment, trunk, sleeves };
        let bounds = garment.bounds();
        let cell = (bounds[3] - bounds[1]).max(bounds[2] - bounds[0]) / 48.0;
        let mut add = |part: usize, place: Place| {
            let mesh = Mesh::over(bounds, cell, |point| field.at(point, part));
            pieces.push(Piece { mesh, part, place });
        };
        add(3, Place::Behind);
        add(0, Place::Torso);
        SIDES
            .into_iter()
            .filter(|&side| garment.sleeves[side].is_some())
            .for_each(|side| add(side + 1, Place::Sleeve));
    }
    Fitted {
        pieces,
        scale: seams.scale,
        replaces: [true, garment.dress],
        sleeves: ends,
        neckline: seams.neckline,
        above: None,
        feet: None,
    }
}

/// From the garment's picture to the body.
struct Field<'a> {
    garment: &'a Upper,
    trunk: Spline,
    sleeves: [Option<Strip<'a>>; 2],
}

impl Field<'_> {
    /// Where a point of the garment's picture goes when it is drawn as a piece of `part`.
    fn at(&self, point: Vec2, part: usize) -> Vec2 {
        let mut place = self.trunk.at(point);
        if part == 0 {
            // What of the trunk lies under a sleeve is not seen.
            return place;
        }
        for (side, strip) in self.sleeves.iter().enumerate() {
            let Some(strip) = strip else { continue };
            let (tip, armpit) = (self.garment.tips[side], self.garment.armpits[side]);
            let hole = (tip - armpit).length();
            let below = (point.y - armpit.y) / hole;
            // Below the armpit sleeve and trunk lie beside each other: all beside the trunk is sleeve, however it bulges.
            let (beyond, lap) = if below > 0.0 {
                ((point.x - armpit.x) * sign(side), 0.1 * smoothstep(0.0, 0.3, below))
            } else {
                ((point - tip).dot((armpit - tip).unit().turned()) * -sign(side), 0.0)
            };
            let share = smoothstep(0.0, 0.6 * hole, to_segment(point, tip, armpit).0)
                * smoothstep(-lap * hole, (0.08 - lap) * hole, beyond);
            if share > 0.0 {
                place = place.lerp(strip.at(point), share);
            }
        }
        place
    }
}

/// One scale from shoulders and chest.
fn scale(garment: &Upper, body: &Body) -> f32 {
    let chest = garment.armpits[1].x - garment.armpits[0].x;
    let [left, right] = body.edges(body.level(level::ARMPIT));
    let by_chest = (right - left) * 1.08 / chest.max(1.0);
    if garment.sleeves.iter().any(Option::is_some) {
        let across = (garment.tips[1].x - garment.tips[0].x).max(1.0);
        // No bodice is narrower than its shoulders: where it seems so, what was taken for their ends lies on the sleeves.
        let across = if garment.dress { across.min(chest / 1.18) } else { across };
        let [left, right] = shoulders(body);
        let by_shoulder = (right.x - left.x) * 0.93 / across;
        // Sleeves that hang over the sides hide the true armpits: then the chest seems too narrow. Raised arms hide where
        // the shoulders end.
        let seen = 0.4 * smoothstep(0.7, 0.9, chest / across);
        mix(by_shoulder, by_chest, seen.max(raised(body)))
    } else {
        by_chest
    }
}

/// How far the upper arms are lifted off the sides, `0..=1`: from where shoulders still look like shoulders.
fn raised(body: &Body) -> f32 {
    let lift = |side: usize| {
        let along = body.arms[side].elbow - body.arms[side].shoulder;
        (along.x * sign(side)).atan2(along.y).to_degrees()
    };
    smoothstep(35.0, 55.0, lift(0).max(lift(1)))
}

/// The corners of the shoulders. Hair may hide one of them: where they are unlike, or beyond what is believable, the one
/// that is nearer to where shoulders are counts for both.
fn shoulders(body: &Body) -> [Vec2; 2] {
    let middle = f32::midpoint(body.neck[0].x, body.neck[1].x);
    let off = |tip: Vec2| vec2((tip.x - middle).abs(), tip.y - body.chin) * (1.0 / body.unit);
    let [left, right] = body.tips.map(off);
    let [from, to] = body.edges(body.level(level::ARMPIT));
    let widest = mix(1.1, (0.58 * (to - from) / body.unit).min(1.1), raised(body));
    if (left - right).length() < 0.3 && left.x.max(right.x) < widest {
        return body.tips;
    }
    let usual = vec2(0.95, 0.55);
    let better = if (left - usual).length() < (right - usual).length() { left } else { right };
    // Raised arms carry the outline on: no shoulders are that wide, and they end where the slope has got to by then.
    let neck = off(body.neck[0]).lerp(off(body.neck[1]), 0.5);
    let share = ((widest - neck.x) / (better.x - neck.x).max(1e-3)).clamp(0.0, 1.0);
    let better = if better.x > widest { neck.lerp(better, share) } else { better };
    SIDES.map(|side| vec2(middle + sign(side) * better.x * body.unit, body.chin + better.y * body.unit))
}

/// The row of the shoulder seam at a distance from the middle: on the line from the neck to the shoulder corner, or
/// where the figure stands higher, on its outline.
fn shoulder_line(person: &Person, side: usize, x: f32) -> f32 {
    let body = &person.body;
    let (neck, tip) = (body.neck[side], shoulders(body)[side]);
    let t = (x - neck.x) / (tip.x - neck.x + sign(side) * 1e-3);
    let line = mix(neck.y, tip.y, t.clamp(-0.15, 1.0));
    let beside_neck = (x - neck.x) * sign(side) > 0.1 * body.unit;
    let seen = top_of(person, x, line - 0.25 * body.unit).filter(|_| beside_neck);
    seen.map_or(line, |seen| seen.min(line))
}

/// The row in which a collar rests whose end is in column `x`: on the shoulder seam, or if that is narrower than the neck is
/// there, further up, where it is two fingers wider than the neck; what is behind the neck is then seen beside it.
fn collar_rest(person: &Person, side: usize, x: f32) -> f32 {
    let (body, unit) = (&person.body, person.body.unit);
    let line = shoulder_line(person, side, x);
    let off = (x - f32::midpoint(body.neck[0].x, body.neck[1].x)).abs() / unit;
    // Wide necklines lie flat.
    let apart = mix(0.1, 0.04, smoothstep(0.36, 0.44, off));
    let clear = |y: f32| {
        let point = vec2(x - sign(side) * apart * unit, y);
        !person.figure.mask.holds(point) || person.hair.holds(point)
    };
    let highest = (line - 0.28 * unit).max(body.chin);
    let rows = (0..).map(|i| line - i as f32).take_while(|&y| y > highest);
    rows.into_iter().find(|&y| clear(y)).unwrap_or(line)
}

/// The first row at or below `from` in which the figure, hair aside, begins in a column; none where `from` is inside.
fn top_of(person: &Person, x: f32, from: f32) -> Option<f32> {
    let mask = &person.figure.mask;
    let start = from.max(0.0) as usize;
    let shown = |y: usize| mask.holds(vec2(x, y as f32)) && !person.hair.holds(vec2(x, y as f32));
    let row = (start..mask.height).find(|&y| shown(y))?;
    (row > start).then_some(row as f32)
}

fn seams(garment: &Upper, person: &Person) -> Seams {
    let body = &person.body;
    let unit = body.unit;
    let scale = scale(garment, body);
    let sleeved = garment.sleeves.iter().any(Option::is_some);
    let middle = f32::midpoint(body.neck[0].x, body.neck[1].x);
    let corners = shoulders(body);
    let widest = |side: usize| (corners[side].x - middle).abs();
    let tips = SIDES.map(|side| {
        let own = (garment.tips[side].x - garment.axis).abs() * scale;
        let out = if sleeved { widest(side) * 0.94 } else { own.min(widest(side) * 0.95).max(0.4 * unit) };
        let x = middle + sign(side) * out;
        vec2(x, shoulder_line(person, side, x) - 0.035 * unit)
    });
    let neck = SIDES.map(|side| {
        let own = (garment.neck[side].x - garment.axis).abs() * scale;
        let tip = (tips[side].x - middle).abs();
        let x = middle + sign(side) * own.min(tip - 0.12 * unit).max(0.3 * unit);
        vec2(x, collar_rest(person, side, x) - 0.035 * unit)
    });
    let armpits = SIDES.map(|side| {
        let drop = (garment.armpits[side].y - garment.tips[side].y) * scale;
        let y = tips[side].y + drop.max(0.6 * unit).min(1.3 * unit);
        vec2(body.edges(y)[side] + sign(side) * 0.05 * unit, y)
    });
    let collar = f32::midpoint(garment.neck[0].y, garment.neck[1].y);
    let neckline = f32::midpoint(neck[0].y, neck[1].y) + (garment.neckline - collar) * scale;
    let mut pairs = vec![(vec2(middle, neckline), vec2(garment.axis, garment.neckline))];
    for side in SIDES {
        pairs.push((neck[side], garment.neck[side]));
        pairs.push((tips[side], garment.tips[side]));
        pairs.push((armpits[side], garment.armpits[side]));
        // Along the shoulder seam, where the garment's own outline shows it.
        for share in [0.33, 0.67] {
            let (from, to) = (garment.neck[side], garment.tips[side]);
            let x = mix(neck[side].x, tips[side].x, share);
            let seam = garment.seam_row(mix(from.x, to.x, share), mix(from.y, to.y, share));
            let on_body = shoulder_line(person, side, x) - 0.035 * unit;
            pairs.push((vec2(x, on_body), vec2(mix(from.x, to.x, share), seam)));
        }
    }
    trunk(garment, person, scale, armpits, &mut pairs);
    let bare = if sleeved { neck[1].x - middle + 0.04 * unit } else { widest(0).max(widest(1)) };
    Seams { scale, tips, armpits, pairs, neckline: bare }
}

/// Adds the stations below the armpits, edges and middle.
fn trunk(garment: &Upper, person: &Person, scale: f32, armpits: [Vec2; 2], pairs: &mut Vec<(Vec2, Vec2)>) {
    let body = &person.body;
    let unit = body.unit;
    let from = f32::midpoint(garment.armpits[0].y, garment.armpits[1].y);
    let start = f32::midpoint(armpits[0].y, armpits[1].y);
    // The garment's waist is drawn to the body's, within what cloth can give.
    let waist = garment.waist.filter(|_| garment.dress).map(|waist| {
        let natural = start + (waist - from) * scale;
        (waist, body.level(level::WAIST).max(natural - 0.35 * unit).min(natural + 0.35 * unit))
    });
    let (below_source, below) = waist.unwrap_or((from, start));
    let natural = below + (garment.hem - below_source) * scale;
    let old = person.clothes.hem + 0.06 * unit;
    let reach = if !garment.dress && person.clothes.two && natural < old {
        // A little short: cloth is drawn down over the old hem rather than showing it.
        old.min(below + (natural - below) * 1.22)
    } else {
        natural
    };
    let row = |source: f32| match waist {
        Some((waist, target)) if source < waist => {
            mix(start, target, (source - from) / (waist - from).max(1.0))
        }
        _ => mix(below, reach, (source - below_source) / (garment.hem - below_source).max(1.0)),
    };
    let count = if garment.dress { 7 } else { 4 };
    let mut before = 0.0;
    for i in 1..=count {
        // Hems are often rounded: their last rows say little about the width.
        let source = mix(from, garment.hem, (i as f32 / count as f32).min(0.965));
        let y = row(source);
        let [left, right] = garment.edges[((source - 1.0).max(0.0) as usize).min(garment.edges.len() - 1)];
        // A skirt keeps more of its width the further it hangs below the waist.
        let flare = if garment.dress { smoothstep(below, reach, y) } else { 0.0 };
        let own = (right - left) / 2.0 * scale * mix(WORN, 0.95, flare);
        let [body_left, body_right] = body.edges(y);
        let half = (body_right - body_left) / 2.0;
        let hip = smoothstep(body.crotch, body.crotch + unit, y);
        let close = half * mix(1.05, 0.7, hip) + 0.03 * unit;
        let half = close.max(if garment.dress { own } else { mix(own, close, 0.35) });
        let middle = body.spine(y);
        // A shirt's tails end in a curve: its narrow rows must not be stretched to the body's width.
        if garment.dress || own > 0.95 * before {
            pairs.push((vec2(middle - half, y), vec2(left, source)));
            pairs.push((vec2(middle + half, y), vec2(right, source)));
            before = own;
        }
        pairs.push((vec2(middle, y), vec2(f32::midpoint(left, right), source)));
    }
}

#[cfg(test)]
mod tests {
    use atelier_domain::{CancelToken, Picture};

    use super::*;
    use crate::garment::{self, Shape};

    fn sample(name: &str) -> Picture {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/wiro-virtual-try-on-input");
        let image = image::open(format!("{folder}-{name}.jpg")).unwrap().into_rgba8();
        Picture::from_rgba(image.width(), image.height(), image.into_raw()).unwrap()
    }

    #[test]
    fn sleeves_that_bulge_below_the_armpit_are_not_folded() {
        let cancel = CancelToken::default();
        let person = crate::eyes::look(&sample("2-1"), &cancel).unwrap();
        for name in ["1-2", "2-2", "4-2"] {
            let garment = garment::look(&sample(name), 0, &cancel).unwrap();
            let Shape::Upper(upper) = &garment.shape else { panic!("{name} is no top") };
            let parts = garment.parts();
            for piece in fit(upper, &person).pieces.iter().filter(|piece| piece.place == Place::Sleeve) {
                let shown =
                    |at: Vec2| garment.outline().holds(at) && parts[piece.part].sample(at.x, at.y) > 0.5;
                assert_eq!(piece.mesh.folded(shown), 0, "sleeve {} of {name}", piece.part);
            }
        }
    }
}
