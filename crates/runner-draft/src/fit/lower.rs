//! Trousers and skirts: strips down the legs, or one down the middle.

use super::{Fitted, Piece, Place};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level, sign};
use crate::garment::Lower;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::warp::Mesh;

pub(super) fn fit(garment: &Lower, person: &Person) -> Fitted {
    let (meshes, scale) = match garment.crotch {
        Some(crotch) => trousers(garment, crotch, person),
        None => skirt(garment, &person.body),
    };
    let pieces = meshes.into_iter().map(|mesh| Piece { mesh, part: 0, place: Place::Legs }).collect();
    Fitted {
        pieces,
        scale,
        replaces: [false, true],
        sleeves: [0.0; 2],
        neckline: 0.0,
        above: None,
        feet: None,
    }
}

/// The row in which what hangs from the waist begins to be seen: where the old ones are seen the new ones are.
pub(super) fn begins(person: &Person) -> f32 {
    let (hem, hip) = (person.clothes.hem, person.body.level(level::HIP));
    if person.clothes.two { hem.min(hip).max(person.body.level(level::WAIST)) } else { hip }
}

/// The row that says how wide trousers are at `y`: waistbands sag and hems rise at their ends, where single rows say
/// little about the width.
fn telling(garment: &Lower, crotch: f32, y: f32) -> f32 {
    let (top, hem) = (mix(garment.top, crotch, 0.12), mix(garment.hem, crotch, 0.04));
    y.max(top).min(hem)
}

fn row_of(rows: &[[f32; 2]], y: f32) -> [f32; 2] {
    rows[(y.max(0.0) as usize).min(rows.len() - 1)]
}

fn width(rows: &[[f32; 2]], y: f32) -> f32 {
    let [left, right] = row_of(rows, y);
    (right - left).max(1.0)
}

/// Half width of the hips and of a bare leg in a row.
fn leg_radius(body: &Body, y: f32) -> f32 {
    let unit = body.unit;
    let (knee, ankle) = (body.level(level::KNEE), body.level(level::ANKLE));
    let thigh = mix(0.36, 0.25, smoothstep(body.crotch, knee, y));
    mix(thigh, 0.17, smoothstep(knee, ankle, y)) * unit
}

fn trousers(garment: &Lower, crotch: f32, person: &Person) -> (Vec<Mesh>, f32) {
    let body = &person.body;
    let unit = body.unit;
    let waist_row = body.level(2.95);
    let [left, right] = hip_edges(person, body.level(level::HIP));
    let hips = width(&garment.edges, mix(garment.top, crotch, 0.75));
    let waist = width(&garment.edges, telling(garment, crotch, garment.top));
    let [waist_left, waist_right] = hip_edges(person, waist_row);
    let scale = mix((right - left) * 1.06 / hips, (waist_right - waist_left) * 1.05 / waist, 0.4);
    let fork = body.crotch + 0.05 * unit;
    let top = (fork - (crotch - garment.top) * scale).max(body.level(2.95)).min(body.level(3.3));
    // As long as the old ones, if those reach the shoes.
    let old = person.clothes.lower.bounds().map_or(0.0, |[_, _, _, y1]| y1 as f32);
    let ankle = (old + 0.03 * unit).min(body.level(7.4)).max(body.level(level::ANKLE) + 0.08 * unit);
    let natural = fork + (garment.hem - crotch) * scale;
    let hem = if natural > fork + 0.7 * (ankle - fork) { ankle } else { natural };
    let share = (crotch - garment.top) / (garment.hem - garment.top);
    let source_row = |t: f32| {
        if t < share {
            mix(garment.top, crotch, t / share)
        } else {
            mix(crotch, garment.hem, (t - share) / (1.0 - share))
        }
    };
    let target_row = |t: f32| {
        if t < share { mix(top, fork, t / share) } else { mix(fork, hem, (t - share) / (1.0 - share)) }
    };
    let strip = |side: usize| {
        let source = |t: f32| {
            let y = source_row(t);
            let row = telling(garment, crotch, y);
            let outer = vec2(row_of(&garment.edges, row)[side], y);
            ordered(side, outer, vec2(row_of(&garment.inner, row)[side], y))
        };
        let target = |t: f32| {
            let y = target_row(t);
            let [outer, inner] =
                leg_edges(garment, person, side, scale, y, telling(garment, crotch, source_row(t)), fork);
            ordered(side, vec2(outer, y), vec2(inner, y))
        };
        let margins = |t: f32| {
            let y = telling(garment, crotch, source_row(t));
            let gap = (row_of(&garment.inner, y)[1] - row_of(&garment.inner, y)[0]) / 2.0;
            let inner = (gap / (width(&garment.edges, y) / 2.0 - gap).max(1.0)).clamp(0.0, 0.25);
            if side == 0 { [0.2, inner] } else { [inner, 0.2] }
        };
        Mesh::strip(target, source, [0.04, 0.03], margins, 40)
    };
    (SIDES.map(strip).into(), scale)
}

/// Outer and inner edge as left and right.
fn ordered(side: usize, outer: Vec2, inner: Vec2) -> [Vec2; 2] {
    if side == 0 { [outer, inner] } else { [inner, outer] }
}

/// The edges of waist and hips under whatever hangs over them: what is seen of the old trousers at the hips, and no wider
/// than that above them, where a loose top flares.
fn hip_edges(person: &Person, y: f32) -> [f32; 2] {
    let body = &person.body;
    let row = body.level(level::HIP);
    let middle = body.spine(row);
    let lower = &person.clothes.lower;
    let seen = (row.max(0.0) as usize).max(lower.bounds().map_or(0, |bounds| bounds[1]) + 2);
    let runs = if seen < lower.height { lower.runs(seen) } else { Vec::new() };
    let seen = [
        runs.first().map_or(f32::MAX, |run| middle - run.0 as f32),
        runs.last().map_or(f32::MAX, |run| run.1 as f32 - middle),
    ];
    let share = mix(0.9, 1.0, smoothstep(body.level(2.95), row, y));
    let edges = body.edges(y);
    SIDES.map(|side| {
        let hip = (sign(side) * (body.edges(row)[side] - middle)).min(seen[side].max(0.6 * body.unit));
        middle + sign(side) * (sign(side) * (edges[side] - middle)).min(share * hip)
    })
}

/// Outer and inner edge of one trouser leg in a target row.
fn leg_edges(
    garment: &Lower,
    person: &Person,
    side: usize,
    scale: f32,
    y: f32,
    source: f32,
    fork: f32,
) -> [f32; 2] {
    let body = &person.body;
    let unit = body.unit;
    let s = sign(side);
    let middle = mix(body.spine(y.min(fork)), f32::midpoint(body.legs[0].x_at(y), body.legs[1].x_at(y)), 0.5);
    // A waistband lies closer than what hangs from it.
    let ease = mix(-0.03, 0.03, smoothstep(body.level(2.95), body.level(level::HIP), y));
    let hips = hip_edges(person, y.min(fork))[side] + s * ease * unit;
    let own =
        (row_of(&garment.edges, source)[side] - row_of(&garment.inner, source)[side]).abs() * scale / 2.0;
    let half = own.max(leg_radius(body, y) * 1.06);
    let centre = body.legs[side].x_at(y);
    let below = smoothstep(fork - 0.3 * unit, fork + 0.5 * unit, y);
    let outer = mix(hips, centre + s * half, below);
    let apart = smoothstep(fork, fork + 0.5 * unit, y);
    let inner = mix(middle, centre - s * half, apart);
    // Legs may touch, but neither crosses the middle.
    [outer, if s < 0.0 { inner.min(middle) } else { inner.max(middle) }]
}

fn skirt(garment: &Lower, body: &Body) -> (Vec<Mesh>, f32) {
    let unit = body.unit;
    let top = body.level(2.88);
    let [left, right] = body.edges(top);
    let scale =
        (right - left) * 1.04 / width(&garment.edges, garment.top + 0.04 * (garment.hem - garment.top));
    let hem = top + (garment.hem - garment.top) * scale;
    let source = |t: f32| {
        let y = mix(garment.top, garment.hem, t);
        let [left, right] = row_of(&garment.edges, y.min(garment.hem - 1.0).max(garment.top + 1.0));
        [vec2(left, y), vec2(right, y)]
    };
    let target = |t: f32| {
        let y = mix(top, hem, t);
        let own = width(
            &garment.edges,
            mix(garment.top, garment.hem, t).min(garment.hem - 1.0).max(garment.top + 1.0),
        );
        let [left, right] = body.edges(y.min(body.crotch));
        let half = (own * scale / 2.0).max((right - left) / 2.0 * 1.04 + 0.02 * unit);
        let middle = body.spine(y.min(body.crotch));
        [vec2(middle - half, y), vec2(middle + half, y)]
    };
    (vec![Mesh::strip(target, source, [0.03, 0.03], |_| [0.12; 2], 40)], scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sagging_waistband_and_a_lifted_hem_say_nothing_about_the_width() {
        let ends = |y: usize| !(3..98).contains(&y);
        let edges = (0..101).map(|y| if ends(y) { [40.0, 50.0] } else { [20.0, 80.0] }).collect();
        let garment = Lower { top: 0.0, hem: 100.0, crotch: Some(30.0), edges, inner: vec![[50.0; 2]; 101] };
        for y in [0.0, 2.0, 50.0, 99.0, 100.0] {
            let wide = width(&garment.edges, telling(&garment, 30.0, y));
            assert!((wide - 60.0).abs() < 1e-3, "{wide} in row {y}");
        }
    }
}
