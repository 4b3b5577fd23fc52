//! Hats, glasses, shoes and bags: each keeps its shape and is only placed, scaled, turned and mirrored.

use super::{Fitted, Piece, Place};
use crate::eyes::Person;
use crate::eyes::body::{Body, SIDES, level, sign};
use crate::feet;
use crate::garment::{Accessory, AccessoryKind};
use crate::geometry::{Vec2, mix, vec2};
use crate::warp::Mesh;

/// Eyes on the small grid, left and right of the picture.
pub(crate) type Eyes = [Vec2; 2];

pub(super) fn fit(accessory: &Accessory, person: &Person, eyes: Eyes) -> Fitted {
    match accessory.kind {
        AccessoryKind::Hat => hat(accessory, person, eyes),
        AccessoryKind::Glasses => glasses(accessory, eyes),
        AccessoryKind::Shoes => shoes(accessory, person),
        AccessoryKind::Bag => bag(accessory, &person.body),
    }
}

/// The row in which an accessory begins that is not worn on the head.
pub(super) fn begins(kind: AccessoryKind, body: &Body) -> Option<f32> {
    match kind {
        AccessoryKind::Shoes => Some(body.level(level::ANKLE)),
        AccessoryKind::Bag => Some(handle(body).0.y),
        AccessoryKind::Hat | AccessoryKind::Glasses => None,
    }
}

fn worn(pieces: Vec<Piece>, scale: f32) -> Fitted {
    let none = [false; 2];
    Fitted { pieces, scale, replaces: none, sleeves: [0.0; 2], neckline: 0.0, above: None, feet: None }
}

/// A piece whose source box is taken to the body by a function.
fn placed([x0, y0, x1, y1]: [f32; 4], place: Place, to: impl Fn(Vec2) -> Vec2) -> Piece {
    let rim = 2.0;
    let cell = ((x1 - x0).max(y1 - y0) / 12.0).max(1.0);
    Piece { mesh: Mesh::over([x0 - rim, y0 - rim, x1 + rim, y1 + rim], cell, to), part: 0, place }
}

fn hat(hat: &Accessory, person: &Person, eyes: Eyes) -> Fitted {
    let body = &person.body;
    let middle = eyes[0].lerp(eyes[1], 0.5);
    let between = (eyes[1] - eyes[0]).length();
    // The head at the forehead with its hair, within what heads measure against the eyes.
    let row = (middle.y - 0.75 * between).max(0.0) as usize;
    let seen = person.figure.mask.runs(row.min(person.figure.mask.height - 1));
    let seen = seen.iter().find(|run| run.0 as f32 <= middle.x && run.1 as f32 >= middle.x);
    let head = seen.map_or(2.5 * between, |run| (run.1 - run.0) as f32).clamp(2.35 * between, 2.9 * between);
    let scale = 1.1 * head / (2.0 * hat.crown).max(1.0);
    let [x0, y0, x1, y1] = hat.pieces[0];
    let axis = f32::midpoint(x0, x1);
    // The lower edge sits on the brows, tilted as the head is, and the crown no lower than the forehead.
    let tilt = (eyes[1] - eyes[0]).unit();
    let brim = (y1 - hat.line) * scale;
    let seat = middle + vec2(tilt.y, -tilt.x) * (0.62 * between).max(brim + 0.28 * between);
    let onto = |point: Vec2| {
        let off = vec2(point.x - axis, point.y - hat.line) * scale;
        seat + tilt * off.x + vec2(-tilt.y, tilt.x) * off.y
    };
    let above = seat.y - 0.1 * between;
    let top = onto(vec2(axis, y0)).y;
    let mut fitted = worn(vec![placed(hat.pieces[0], Place::Hat, onto)], scale);
    // Hair that would stand over the hat goes.
    fitted.above = Some(above.min(body.chin)).filter(|above| *above > top);
    fitted
}

fn glasses(glasses: &Accessory, eyes: Eyes) -> Fitted {
    let [x0, y0, x1, y1] = glasses.pieces[0];
    let tilt = eyes[1] - eyes[0];
    // Frames are about 2.2 times as wide as the pupils are apart.
    let scale = 2.2 * tilt.length() / (x1 - x0).max(1.0);
    let tilt = tilt.unit();
    let middle = eyes[0].lerp(eyes[1], 0.5) + vec2(-tilt.y, tilt.x) * (0.03 * (x1 - x0) * scale);
    let centre = vec2(f32::midpoint(x0, x1), f32::midpoint(y0, y1));
    let onto = |point: Vec2| {
        let off = (point - centre) * scale;
        middle + tilt * off.x + vec2(-tilt.y, tilt.x) * off.y
    };
    worn(vec![placed(glasses.pieces[0], Place::Face, onto)], scale)
}

fn shoes(shoes: &Accessory, person: &Person) -> Fitted {
    let body = &person.body;
    let unit = body.unit;
    let sole = feet::look(person).sole;
    let mut scale = 0.0_f32;
    let pieces = SIDES.map(|side| {
        let piece = shoes.pieces[side.min(shoes.pieces.len() - 1)];
        let [x0, y0, x1, y1] = piece;
        let (width, height) = ((x1 - x0).max(1.0), (y1 - y0).max(1.0));
        let from_side = width > 1.45 * height;
        // A shoe seen from the side is turned towards the camera: as long as a foot, and foreshortened. One seen from above
        // points at the camera: as wide as a foot, and foreshortened even more.
        let (across, down) = if from_side {
            (0.78 * unit / width, 1.12 * unit / width)
        } else {
            (0.42 * unit / width, 0.84 * unit / width)
        };
        let down = down.min(if from_side { 0.62 } else { 0.58 } * unit / height);
        scale = scale.max(across.max(down));
        // Toes point outwards, each foot to its own side.
        let turned = if shoes.toe * sign(side) < 0.0 { -1.0 } else { 1.0 };
        let leg = &body.legs[side];
        let ankle = leg.x_at(sole - 0.2 * unit);
        let lean = if from_side { 0.14 * unit * sign(side) } else { 0.03 * unit * sign(side) };
        let foot = vec2(ankle + lean, sole);
        placed(piece, Place::Feet, move |point| {
            vec2(foot.x + (point.x - f32::midpoint(x0, x1)) * across * turned, foot.y + (point.y - y1) * down)
        })
    });
    let mut fitted = worn(pieces.into(), scale);
    fitted.feet = Some(sole);
    fitted
}

/// Where a bag's handle hangs, and how far out from there the bag leans, in heads.
fn handle(body: &Body) -> (Vec2, f32) {
    // The hand that hangs lower is the free one.
    let side = usize::from(body.arms[1].hand.y > body.arms[0].hand.y);
    let arm = &body.arms[side];
    // A hand on the hip is as low and not free.
    let down = (arm.wrist - arm.elbow).unit().y > 0.8;
    if down && arm.hand.y > body.level(level::HIP) - 0.6 * body.unit {
        (arm.wrist.lerp(arm.hand, 0.72), 0.1 * sign(side))
    } else {
        // No hand hangs free: it hangs in the crook of the arm.
        (arm.elbow.lerp(arm.wrist, 0.3) - vec2(0.0, 0.4 * arm.radius[1]), 0.0)
    }
}

fn bag(bag: &Accessory, body: &Body) -> Fitted {
    let unit = body.unit;
    let [x0, y0, x1, y1] = bag.pieces[0];
    let (width, height) = ((x1 - x0).max(1.0), (y1 - y0).max(1.0));
    let scale = (1.35 * unit / width).min(1.75 * unit / height);
    let (grip, out) = handle(body);
    let middle = f32::midpoint(x0, x1);
    let onto = |point: Vec2| {
        let hang = mix(0.0, out * unit, (point.y - y0) / height);
        vec2(grip.x + (point.x - middle) * scale + hang, grip.y + (point.y - y0) * scale)
    };
    worn(vec![placed(bag.pieces[0], Place::Hand, onto)], scale)
}
