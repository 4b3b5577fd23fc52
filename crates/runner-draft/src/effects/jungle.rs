//! Deep in a jungle: leaves and vines before and behind the person, sliding past each other, green light from above.

use std::f32::consts::TAU;

use crate::colour::luminance;
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, blob, curve, polygon};
use crate::effects::frame::{Frame, Haze, Light, hex, over};
use crate::effects::motion::{Dice, Particle, cloudy, spring};
use crate::effects::scenery::{shafts, sky};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::{Grid, Mask};

/// Three layers of growth and what flies between them.
pub(super) struct Jungle {
    far: Wall,
    near: Wall,
    close: Wall,
    flies: Vec<Particle>,
}

/// A wall of growth.
struct Wall {
    light: Grid<Light>,
    /// Squares of [`TILE`] pixels in which there is any.
    grown: Mask,
    /// Second from which it comes in.
    from: f32,
    /// How near it is: how much it slides with the camera and moves in the wind.
    depth: f32,
}

/// Much of a wall is gaps: they are passed over in squares of so many pixels.
const TILE: usize = 16;

/// A wall at one moment.
struct Blown<'a> {
    wall: &'a Wall,
    share: f32,
    scale: f32,
    /// What is added to the place across in each row, and to the place down in each column.
    rows: Vec<f32>,
    columns: Vec<f32>,
}

/// A layer's side is this much longer than the frame's, so that it can slide.
const MARGIN: f32 = 1.2;

/// How far the camera has gone to the side, in shares of the frame.
fn slide(time: f32) -> f32 {
    (smoothstep(0.0, 3.0, time) - 0.5) * 0.09 * smoothstep(0.15, 1.0, time)
}

const GREENS: [[u32; 2]; 4] =
    [[0x1c_5a22, 0x4a_9a30], [0x14_4a28, 0x3c_8a3c], [0x2a_6a18, 0x7a_b83a], [0x0e_3a1e, 0x2c_6e34]];

/// A pointed leaf with ribs.
fn leaf(sheet: &mut Sheet, root: Vec2, tip: Vec2, wide: f32, [dark, light]: [u32; 2], ribs: bool) {
    let along = tip - root;
    let across = along.turned() * wide;
    let bend = along.turned() * 0.10;
    let at = |t: f32, s: f32| root + along * t + across * s + bend * (t * t);
    let half = [(0.12, 0.32), (0.32, 0.50), (0.58, 0.42), (0.82, 0.20)];
    let left = half.iter().map(|(t, s)| at(*t, *s));
    let right = half.iter().rev().map(|(t, s)| at(*t, -*s));
    let outline: Vec<Vec2> =
        [at(0.0, 0.0)].into_iter().chain(left).chain([at(1.0, 0.0)]).chain(right).collect();
    sheet.blend(&blob(&outline), (root, Ink(dark, 1.0)), (tip, Ink(light, 1.0)));
    if ribs {
        let size = along.length();
        let middle: Vec<Vec2> = (0..6).map(|i| at(i as f32 / 5.0, 0.0)).collect();
        sheet.stroke(&curve(&middle), size * 0.014, Ink(0xb8_e07a, 0.45));
        for i in 1..7 {
            let t = i as f32 / 8.0;
            for s in [-1.0, 1.0] {
                let rib =
                    [at(t, 0.0), at(t + 0.10, s * 0.26 * (1.2 - t)), at(t + 0.16, s * 0.40 * (1.15 - t))];
                sheet.stroke(&curve(&rib), size * 0.007, Ink(0xa0_d060, 0.32));
            }
        }
    }
}

/// A frond: a bent stalk with leaflets on both sides.
fn frond(sheet: &mut Sheet, root: Vec2, tip: Vec2, colours: [u32; 2]) {
    let along = tip - root;
    let sag = vec2(0.0, along.length() * 0.25);
    let at = |t: f32| root + along * t + sag * (t * t);
    let stalk: Vec<Vec2> = (0..8).map(|i| at(i as f32 / 7.0)).collect();
    for i in (1..16).rev() {
        let t = i as f32 / 16.0;
        let step = at(t + 0.03) - at(t);
        for s in [-1.0, 1.0] {
            let out =
                (step.unit() * 0.7 + step.unit().turned() * s) * (along.length() * 0.30 * (1.0 - 0.75 * t));
            leaf(sheet, at(t), at(t) + out + vec2(0.0, 0.03 * along.length()), 0.16, colours, false);
        }
    }
    sheet.stroke(&curve(&stalk), along.length() * 0.014, Ink(colours[0], 1.0));
}

/// A hanging vine with small leaves.
fn vine(sheet: &mut Sheet, from: Vec2, to: Vec2, dice: &mut Dice) {
    let sag = vec2(dice.range(-0.04, 0.04), 0.10) * (to - from).length();
    let at = |t: f32| from.lerp(to, t) + sag * (4.0 * t * (1.0 - t)) + vec2((t * 17.0).sin() * 6.0, 0.0);
    let path: Vec<Vec2> = (0..14).map(|i| at(i as f32 / 13.0)).collect();
    let size = (to - from).length();
    sheet.stroke(&curve(&path), size * 0.012, Ink(0x2a_3a16, 1.0));
    for i in 1..13 {
        let root = at(i as f32 / 13.0);
        let tip = root + dice.direction(0.04, 0.07) * size + vec2(0.0, 0.02 * size);
        leaf(sheet, root, tip, 0.55, GREENS[i % 4], false);
    }
}

/// Straight trunks from above the frame to below it.
fn trunks(sheet: &mut Sheet, [w, h]: [f32; 2], dice: &mut Dice) {
    for i in 0..7 {
        let x = (i as f32 + dice.range(0.0, 0.8)) / 7.0 * w;
        let wide = dice.range(0.01, 0.028) * w;
        let trunk =
            [vec2(x - wide, -5.0), vec2(x + wide, -5.0), vec2(x + wide * 1.5, h), vec2(x - wide * 1.5, h)];
        sheet.blend(
            &polygon(&trunk),
            (vec2(x - wide, 0.0), Ink(0x1e_2c16, 1.0)),
            (vec2(x + wide, 0.0), Ink(0x34_4420, 1.0)),
        );
    }
}

/// A wall of growth: leaves from both sides and from below, fronds from above.
fn growth(size: [usize; 2], dice: &mut Dice, depth: usize) -> Grid<Light> {
    let mut sheet = Sheet::new(size);
    let (w, h) = (size[0] as f32, size[1] as f32);
    let unit = w.min(h);
    if depth == 0 {
        trunks(&mut sheet, [w, h], dice);
    }
    let (count, reach) = [(64, 0.34), (30, 0.40), (13, 0.62)][depth];
    for i in 0..count {
        let side = dice.unit();
        let edge = if depth == 0 { 0.5 } else { 0.16 };
        let (root, aim) = if side < 0.38 {
            (
                vec2(dice.range(-0.1, edge - 0.12) * w, dice.range(0.1, 1.1) * h),
                vec2(1.0, dice.range(-0.7, 0.3)),
            )
        } else if side < 0.76 {
            (
                vec2(dice.range(1.12 - edge, 1.1) * w, dice.range(0.1, 1.1) * h),
                vec2(-1.0, dice.range(-0.7, 0.3)),
            )
        } else {
            (vec2(dice.range(0.0, 1.0) * w, 1.06 * h), vec2(dice.range(-0.5, 0.5), -1.0))
        };
        let low = if side >= 0.76 { 0.6 } else { 1.0 };
        let tip = root + aim.unit() * (dice.range(0.5, 1.0) * reach * low * unit);
        let colours =
            if depth == 2 { [[0x06_140a, 0x12_3016], [0x08_1c0c, 0x1a_3c18]][i % 2] } else { GREENS[i % 4] };
        if i % 3 == 0 {
            frond(&mut sheet, root, tip, colours);
        } else {
            leaf(&mut sheet, root, tip, dice.range(0.3, 0.5), colours, depth < 2);
        }
    }
    for i in 0..[9, 6, 3][depth] {
        let x = if depth == 0 {
            dice.range(0.0, 1.0)
        } else if i % 2 == 0 {
            dice.range(0.0, 0.2)
        } else {
            dice.range(0.8, 1.0)
        };
        let from = vec2(x * w, -0.02 * h);
        vine(&mut sheet, from, from + vec2(dice.range(-0.08, 0.08) * w, dice.range(0.25, 0.6) * h), dice);
        let across = if depth < 2 {
            dice.range(-0.05, 1.05)
        } else {
            f32::from(u8::from(i % 2 == 0)) + dice.range(-0.12, 0.12)
        };
        let root = vec2(across * w, -0.04 * h);
        let colours = if depth == 2 { [0x06_140a, 0x12_3016] } else { GREENS[i % 4] };
        frond(&mut sheet, root, root + vec2(dice.range(-0.3, 0.3), dice.range(0.12, 0.26)) * h, colours);
    }
    sheet.layer()
}

impl Wall {
    fn new(light: Grid<Light>, from: f32, depth: f32) -> Self {
        let (wide, tall) = (light.width.div_ceil(TILE), light.height.div_ceil(TILE));
        let grown = Grid::par_from_fn(wide, tall, |i, j| {
            // Interpolation reaches one pixel further.
            let columns = i * TILE..((i + 1) * TILE + 1).min(light.width);
            let mut rows = j * TILE..((j + 1) * TILE + 1).min(light.height);
            rows.any(|y| light.row(y)[columns.clone()].iter().any(|light| light[3] > 0.0))
        });
        Self { light, grown, from, depth }
    }

    /// It comes in from the sides, slides with the camera (nearer ones more) and moves in the wind.
    fn blown(&self, time: f32) -> Blown<'_> {
        let (from, depth) = (self.from, self.depth);
        let come = spring(time, from, from + 0.9).clamp(0.0, 1.02);
        let size = vec2(self.light.width as f32, self.light.height as f32) * (1.0 / MARGIN);
        let scale = 1.0 / mix(1.75, 1.0, come);
        let corner = size * (0.5 * (MARGIN - scale)) + vec2(slide(time) * size.x * depth, 0.0);
        let gust = 2.0 + 3.0 * depth;
        let row = |y: usize| corner.x + (time * 1.7 + y as f32 * 0.006 * depth).sin() * gust;
        let column = |x: usize| corner.y + (time * 1.3 + x as f32 * 0.005).cos() * 0.5 * gust;
        Blown {
            wall: self,
            share: smoothstep(from, from + 0.7, time),
            scale,
            rows: (0..=size.y as usize).map(row).collect(),
            columns: (0..=size.x as usize).map(column).collect(),
        }
    }
}

impl Blown<'_> {
    /// At a pixel of the screen.
    fn at(&self, p: Vec2) -> Light {
        let (light, grown) = (&self.wall.light, &self.wall.grown);
        let (across, down) = (self.rows[p.y as usize], self.columns[p.x as usize]);
        let q = p * self.scale + vec2(across, down);
        let inside =
            q.x >= 0.0 && q.y >= 0.0 && q.x <= (light.width - 1) as f32 && q.y <= (light.height - 1) as f32;
        if self.share <= 0.0 || !inside || !grown.at(q.x as usize / TILE, q.y as usize / TILE) {
            return [0.0; 4];
        }
        light.sample(q.x, q.y).map(|c| c * self.share)
    }
}

impl Jungle {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let mut dice = Dice::new(seed, 81);
        let size = cast.size.map(|side| (side as f32 * MARGIN) as usize);
        let [far, near, close] = [(0.15, 0.5), (0.35, 1.2), (0.6, 2.4)];
        let mut wall = |layer: usize, (from, depth)| Wall::new(growth(size, &mut dice, layer), from, depth);
        let [far, near, close] = [wall(0, far), wall(1, near), wall(2, close)];
        let (w, h) = (cast.width(), cast.height());
        let fly = |_| Particle {
            born: dice.range(0.5, 1.6),
            life: 2.6,
            from: vec2(dice.range(0.0, 1.0) * w, dice.range(0.2, 1.0) * h),
            speed: dice.direction(0.02, 0.07) * w,
            pull: vec2(0.0, -0.02 * h),
            drag: 0.3,
            size: dice.range(0.004, 0.009) * w,
            turn: [dice.range(0.0, TAU), dice.range(3.0, 7.0)],
            kind: dice.unit(),
        };
        Self { far, near, close, flies: (0..40).map(fly).collect() }
    }

    /// Fireflies.
    fn glow(&self, sheet: &mut Sheet, time: f32) {
        for fly in &self.flies {
            let Some(seen) = fly.seen(time) else { continue };
            let glow = (seen.angle.sin() * 0.5 + 0.5)
                * smoothstep(0.0, 0.2, seen.age)
                * smoothstep(1.0, 0.8, seen.age);
            sheet.spot(
                seen.at + vec2(seen.angle.cos(), 0.0) * (fly.size * 2.0),
                fly.size * 1.8,
                Ink(0xf4_ff9a, glow),
            );
        }
    }
}

const LEAF_LIGHT: u32 = 0x9a_e070;

/// The person at a place of the picture, in green light that falls through leaves in patches.
fn dappled(cast: &Cast, q: Vec2, time: f32, there: f32) -> Light {
    let own = cast.figure_at(q);
    if own[3] <= 0.0 {
        return own;
    }
    let (w, green) = (cast.width(), hex(LEAF_LIGHT));
    let lum = luminance([own[0], own[1], own[2]]);
    let sway = vec2(0.3 * (time * 1.1).sin(), 0.2 * time);
    let patch = smoothstep(0.36, 0.66, cloudy(q.x / w * 15.0 + sway.x, q.y / w * 13.0 + sway.y));
    // In the shade of leaves light is green too.
    let lit: [f32; 3] = [0.60, 0.80, 0.56].map(|shade| mix(shade, 1.08, patch));
    let lit: [f32; 3] =
        std::array::from_fn(|c| mix(own[c], mix(own[c], lum * green[c] * 1.3, 0.28) * lit[c], there));
    [lit[0], lit[1], lit[2], own[3]]
}

impl Act for Jungle {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let w = cast.width();
        let there = smoothstep(0.15, 1.0, time);
        let slide = slide(time) * w;
        let camera = Camera {
            zoom: 1.0 + 0.06 * smoothstep(0.0, 3.0, time),
            shift: vec2(-slide * 0.4, 0.0),
            ..Camera::at(vec2(cast.body.head.x, cast.face.chin().y))
        };
        let beams = Haze::new(cast.size, |q| shafts(q, vec2(0.22, -0.25), time) * there);
        let deep = Haze::new(cast.size, |q| {
            let mist = 0.3 * cloudy(q.x * 3.0 + 0.2 * time, q.y * 4.0);
            sky(q.y, [0xa8_d878, 0x4a_8a48, 0x10_2c18]).map(|c| c * (0.75 + mist))
        });
        let (green, mist) = (hex(LEAF_LIGHT), hex(0x6a_a860));
        let [far, near, close] = [&self.far, &self.near, &self.close].map(|wall| wall.blown(time));
        let behind = |p: Vec2| {
            let (plate, deep) = (cast.plate_at(camera.depth(0.5).back(p)), deep.at(p));
            let mut light = far.at(p);
            // Far leaves fade into the mist.
            (0..3).for_each(|c| light[c] = mix(light[c], mist[c] * light[3], 0.35));
            let leaves = over(light, near.at(p));
            std::array::from_fn(|c| leaves[c] + mix(plate[c], deep[c], there) * (1.0 - leaves[3]))
        };
        frame.each(|p, _| {
            let beam = beams.at(p);
            // Too near to be sharp or bright.
            let mut top = close.at(p);
            (0..3).for_each(|c| top[c] *= 0.7);
            if top[3] < 0.999 {
                top = over(dappled(cast, camera.back(p), time, there), top);
            }
            let under: [f32; 3] = if top[3] < 0.999 { behind(p) } else { [0.0; 3] };
            std::array::from_fn(|c| {
                let under = under[c] * mix(1.0, 0.72, there) + beam * green[c] * 0.34;
                top[c] + under * (1.0 - top[3]) + beam * green[c] * 0.10
            })
        });
        let mut sheet = Sheet::new(cast.size);
        self.glow(&mut sheet, time);
        frame.shine(&sheet, 1.2, 10.0, 1.0);
        frame.vignette(0.45 * there);
    }
}
