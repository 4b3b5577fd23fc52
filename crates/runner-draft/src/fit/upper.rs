//! Tops and dresses: the body by a thin-plate spline through its seams, each sleeve as a strip along the arm.

use super::{Fitted, Piece, Place};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level, sign};
use crate::eyes::limbs::Arm;
use crate::garment::{Sleeve, Upper};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::warp::{Mesh, Spline};

/// Where the upper seams go, in small pixels of the person.
struct Seams {
    scale: f32,
    tips: [Vec2; 2],
    armpits: [Vec2; 2],
    pairs: Vec<(Vec2, Vec2)>,
    neckline: f32,
    hem: f32,
}

pub(super) fn fit(garment: &Upper, person: &Person) -> Fitted {
    let body = &person.body;
    let seams = seams(garment, person);
    let mut pieces = Vec::new();
    if let Some(spline) = Spline::new(&seams.pairs, 1e-4) {
        let unit = body.unit;
        let (mut left, mut right) = (f32::MAX, f32::MIN);
        for (target, _) in &seams.pairs {
            left = left.min(target.x);
            right = right.max(target.x);
        }
        let bounds =
            [left - 0.35 * unit, body.shoulder() - 0.95 * unit, right + 0.35 * unit, seams.hem + 0.15 * unit];
        pieces.push(Piece {
            mesh: Mesh::from_spline(&spline, bounds, unit * 0.12),
            part: 0,
            place: Place::Torso,
        });
    }
    let mut sleeves = [0.0; 2];
    for side in SIDES {
        if let Some(sleeve) = &garment.sleeves[side] {
            let (mesh, end) = sleeve_mesh(garment, sleeve, side, body, &seams);
            sleeves[side] = end;
            pieces.push(Piece { mesh, part: side + 1, place: Place::Sleeve });
        }
    }
    Fitted { pieces, scale: seams.scale, replaces: [true, garment.dress], sleeves, neckline: seams.neckline }
}

/// One scale from shoulders and chest.
fn scale(garment: &Upper, body: &Body) -> f32 {
    let chest = garment.armpits[1].x - garment.armpits[0].x;
    let [left, right] = body.edges(body.level(level::ARMPIT));
    let by_chest = (right - left) * 1.08 / chest.max(1.0);
    if garment.sleeves.iter().any(Option::is_some) {
        let across = (garment.tips[1].x - garment.tips[0].x).max(1.0);
        let by_shoulder = (body.tips[1].x - body.tips[0].x) * 0.93 / across;
        // Sleeves that hang over the sides hide the true armpits: then the chest seems too narrow.
        mix(by_shoulder, by_chest, 0.4 * smoothstep(0.7, 0.9, chest / across))
    } else {
        by_chest
    }
}

/// The row of the shoulder seam at a distance from the middle: on the line from the neck to the shoulder corner.
fn shoulder_line(body: &Body, side: usize, x: f32) -> f32 {
    let (neck, tip) = (body.neck[side], body.tips[side]);
    let t = (x - neck.x) / (tip.x - neck.x + sign(side) * 1e-3);
    mix(neck.y, tip.y, t.clamp(-0.15, 1.0))
}

fn seams(garment: &Upper, person: &Person) -> Seams {
    let body = &person.body;
    let unit = body.unit;
    let scale = scale(garment, body);
    let sleeved = garment.sleeves.iter().any(Option::is_some);
    let middle = f32::midpoint(body.neck[0].x, body.neck[1].x);
    let widest = |side: usize| (body.tips[side].x - middle).abs();
    let tips = SIDES.map(|side| {
        let own = (garment.tips[side].x - garment.axis).abs() * scale;
        let out = if sleeved { widest(side) * 0.94 } else { own.min(widest(side) * 0.95).max(0.4 * unit) };
        let x = middle + sign(side) * out;
        vec2(x, shoulder_line(body, side, x) - 0.035 * unit)
    });
    let neck = SIDES.map(|side| {
        let own = (garment.neck[side].x - garment.axis).abs() * scale;
        let tip = (tips[side].x - middle).abs();
        let x = middle + sign(side) * own.min(tip - 0.12 * unit).max(0.3 * unit);
        vec2(x, shoulder_line(body, side, x) - 0.035 * unit)
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
    }
    let hem = trunk(garment, person, scale, armpits, &mut pairs);
    let bare = if sleeved { neck[1].x - middle + 0.04 * unit } else { tips[1].x - middle };
    Seams { scale, tips, armpits, pairs, neckline: bare, hem }
}

/// Adds the stations below the armpits, edges and middle; gives the hem's row.
fn trunk(
    garment: &Upper,
    person: &Person,
    scale: f32,
    armpits: [Vec2; 2],
    pairs: &mut Vec<(Vec2, Vec2)>,
) -> f32 {
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
        let own = (right - left) / 2.0 * scale;
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
    reach
}

/// A strip from the armhole along the arm to the cuff, and how far down the arm that is.
fn sleeve_mesh(garment: &Upper, sleeve: &Sleeve, side: usize, body: &Body, seams: &Seams) -> (Mesh, f32) {
    let arm: &Arm = &body.arms[side];
    let unit = body.unit;
    let (tip, armpit) = (seams.tips[side], seams.armpits[side]);
    let path = arm.path();
    let whole = path.length();
    let (start_out, start_in) = (path.nearest(tip), path.nearest(armpit).min(0.8 * unit));
    let long_out = (sleeve.outer - garment.tips[side]).length() * seams.scale;
    let long_in = (sleeve.inner - garment.armpits[side]).length() * seams.scale;
    let natural = mix(start_out + long_out, start_in + long_in, 0.3);
    let end = if natural > 0.85 * whole { whole } else { natural.max(start_in + 0.12 * unit) };
    let cuff = (sleeve.outer - sleeve.inner).length() / 2.0 * seams.scale;
    let outward = |distance: f32| path.direction(distance, 0.12 * unit).turned() * -sign(side);
    let radius = |distance: f32, t: f32| {
        let arm = arm.radius_at(distance / whole);
        mix(0.27 * unit, cuff.min(arm * 1.6), t.clamp(0.0, 1.0).sqrt()).max(arm * 1.12)
    };
    let edge = |start: f32, anchor: Vec2, turn: f32, t: f32| {
        let plain = |t: f32| {
            let distance = mix(start, end, t);
            path.at(distance) + outward(distance) * (turn * radius(distance, t))
        };
        plain(t) + (anchor - plain(0.0)) * (1.0 - smoothstep(0.0, 0.5, t))
    };
    let target = |t: f32| [edge(start_out, tip, 1.0, t), edge(start_in, armpit, -1.0, t)];
    let source =
        |t: f32| [garment.tips[side].lerp(sleeve.outer, t), garment.armpits[side].lerp(sleeve.inner, t)];
    let margins = |t: f32| [0.25 * smoothstep(-0.1, 0.2, t).max(0.3); 2];
    (Mesh::strip(target, source, [0.01, 0.08], margins, 24), end)
}
