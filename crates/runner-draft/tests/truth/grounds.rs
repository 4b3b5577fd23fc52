//! Painted backgrounds, plain to photographic, and pictures of nobody.

use std::f32::consts::TAU;

use super::Dice;

pub(crate) type Rgb = [f32; 3];

/// What is behind a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ground {
    Plain,
    Gradient,
    Brick,
    Wood,
    Foliage,
    Stripes,
    Linen,
    Bokeh,
    Room,
}

impl Ground {
    /// The groups that targets are set for.
    pub(crate) fn group(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gradient => "gradient",
            Self::Brick | Self::Wood | Self::Foliage | Self::Stripes | Self::Linen => "textured",
            Self::Bokeh | Self::Room => "photographic",
        }
    }
}

/// sRGB in `0..=1`, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<Rgb>,
}

/// A fixed random number in `-1..=1` for a place on a lattice.
fn lattice(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ seed;
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297A_2D39);
    h ^= h >> 15;
    (h & 0xFFFF) as f32 / 32767.5 - 1.0
}

/// Smooth noise in `-1..=1`, one wave a unit.
fn smooth(x: f32, y: f32, seed: u32) -> f32 {
    let (x0, y0) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (ease(x - x0), ease(y - y0));
    let at = |i: i32, j: i32| lattice(x0 as i32 + i, y0 as i32 + j, seed);
    let top = at(0, 0) + (at(1, 0) - at(0, 0)) * u;
    let bottom = at(0, 1) + (at(1, 1) - at(0, 1)) * u;
    top + (bottom - top) * v
}

/// Noise of several scales.
fn cloud(x: f32, y: f32, seed: u32) -> f32 {
    let octave = |(share, i): (f32, u32)| {
        let scale = (1_u32 << i) as f32;
        share * smooth(x * scale, y * scale, seed + i)
    };
    [(0.5, 0), (0.25, 1), (0.15, 2), (0.1, 3)].into_iter().map(octave).sum()
}

fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t)
}

fn lit(rgb: Rgb, factor: f32) -> Rgb {
    rgb.map(|c| c * factor)
}

impl Canvas {
    pub(crate) fn paint(width: usize, height: usize, mut colour: impl FnMut(f32, f32) -> Rgb) -> Self {
        let mut rgb = Vec::with_capacity(width * height);
        for y in 0..height {
            rgb.extend((0..width).map(|x| colour(x as f32, y as f32).map(|c| c.clamp(0.0, 1.0))));
        }
        Self { width, height, rgb }
    }

    /// Lays a shape over what is there; `depth` is in pixels, negative outside.
    fn lay(&mut self, soft: f32, depth: impl Fn(f32, f32) -> f32, colour: impl Fn(f32, f32) -> Rgb) {
        for y in 0..self.height {
            for x in 0..self.width {
                let (fx, fy) = (x as f32, y as f32);
                let share = (depth(fx, fy) / soft + 0.5).clamp(0.0, 1.0);
                if share > 0.0 {
                    let i = y * self.width + x;
                    self.rgb[i] = mix(self.rgb[i], colour(fx, fy), share);
                }
            }
        }
    }

    fn ellipse(&mut self, [cx, cy, a, b]: [f32; 4], turn: f32, soft: f32, colour: Rgb) {
        let (sin, cos) = turn.sin_cos();
        let reach = a.max(b) + soft;
        let rows = (cy - reach).max(0.0) as usize..((cy + reach).max(0.0) as usize).min(self.height);
        for y in rows {
            for x in (cx - reach).max(0.0) as usize..((cx + reach).max(0.0) as usize).min(self.width) {
                let (dx, dy) = (x as f32 - cx, y as f32 - cy);
                let (u, v) = ((dx * cos + dy * sin) / a, (dy * cos - dx * sin) / b);
                let depth = (1.0 - u.hypot(v)) * a.min(b);
                let share = (depth / soft + 0.5).clamp(0.0, 1.0);
                let i = y * self.width + x;
                self.rgb[i] = mix(self.rgb[i], colour, share);
            }
        }
    }

    fn rectangle(&mut self, [x0, y0, x1, y1]: [f32; 4], colour: Rgb) {
        let depth = |x: f32, y: f32| (x - x0).min(x1 - x).min(y - y0).min(y1 - y);
        self.lay(1.0, depth, |_, y| lit(colour, 1.0 - 0.08 * (y - y0) / (y1 - y0)));
    }

    /// Blurred by about `sigma` pixels: three box blurs each way.
    pub(crate) fn blurred(mut self, sigma: f32) -> Self {
        let radius = (((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
        for _ in 0..if radius == 0 { 0 } else { 3 } {
            self.rgb = box_rows(&self.rgb, self.width, radius);
            self.rgb =
                transposed(&box_rows(&transposed(&self.rgb, self.width), self.height, radius), self.height);
        }
        self
    }
}

fn transposed(rgb: &[Rgb], width: usize) -> Vec<Rgb> {
    let height = rgb.len() / width;
    (0..rgb.len()).map(|i| rgb[(i % height) * width + i / height]).collect()
}

fn box_rows(rgb: &[Rgb], width: usize, radius: usize) -> Vec<Rgb> {
    let mut out = Vec::with_capacity(rgb.len());
    for row in rgb.chunks_exact(width) {
        for x in 0..width {
            let window = &row[x.saturating_sub(radius)..(x + radius + 1).min(width)];
            let mut sum = [0.0; 3];
            for rgb in window {
                (0..3).for_each(|c| sum[c] += rgb[c]);
            }
            out.push(sum.map(|c| c / window.len() as f32));
        }
    }
    out
}

const WALLS: [Rgb; 9] = [
    [0.93, 0.93, 0.92],
    [0.72, 0.74, 0.76],
    [0.86, 0.80, 0.72],
    [0.62, 0.70, 0.76],
    [0.75, 0.82, 0.74],
    [0.42, 0.44, 0.47],
    [0.91, 0.84, 0.80],
    [0.55, 0.47, 0.42],
    [0.20, 0.24, 0.30],
];

/// Paints a background.
pub(crate) fn paint(ground: Ground, width: usize, height: usize, dice: &mut Dice) -> Canvas {
    match ground {
        Ground::Plain => plain(width, height, dice),
        Ground::Gradient => gradient(width, height, dice),
        Ground::Brick => brick(width, height, dice),
        Ground::Wood => wood(width, height, dice),
        Ground::Foliage => foliage(width, height, dice),
        Ground::Stripes => stripes(width, height, dice),
        Ground::Linen => linen(width, height, dice),
        Ground::Bokeh => bokeh(width, height, dice),
        Ground::Room => room(width, height, dice),
    }
}

fn plain(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let (wall, fall, seed) = (dice.one_of(&WALLS), dice.within(0.0, 0.10), dice.next() as u32);
    let (w, h) = (width as f32, height as f32);
    Canvas::paint(width, height, |x, y| {
        let off = ((x / w - 0.5).powi(2) + (y / h - 0.45).powi(2)) * 2.0;
        lit(wall, 1.0 - fall * off + 0.008 * cloud(x / 90.0, y / 90.0, seed))
    })
}

fn gradient(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let (a, b) = (dice.one_of(&WALLS), dice.one_of(&WALLS));
    let b = mix(a, b, dice.within(0.35, 0.8));
    let (turn, glow) = (dice.within(0.0, TAU), dice.within(0.0, 0.25));
    let (w, h) = (width as f32, height as f32);
    Canvas::paint(width, height, |x, y| {
        let (u, v) = (x / w - 0.5, y / h - 0.5);
        let t = 0.5 + (u * turn.cos() + v * turn.sin()) * 0.9;
        lit(mix(a, b, t.clamp(0.0, 1.0)), 1.0 + glow * (0.4 - (u * u + v * v) * 2.0))
    })
}

fn brick(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let colours = [[0.62, 0.34, 0.26], [0.84, 0.82, 0.79], [0.50, 0.46, 0.44], [0.72, 0.52, 0.38]];
    let (own, mortar) = (dice.one_of(&colours), dice.one_of(&[[0.75, 0.73, 0.70], [0.40, 0.38, 0.36]]));
    let (bh, seed, vary) = (dice.within(16.0, 34.0), dice.next() as u32, dice.within(0.06, 0.22));
    let bw = bh * dice.within(2.2, 3.2);
    Canvas::paint(width, height, |x, y| {
        let row = (y / bh).floor();
        let shifted = x + if row as i32 % 2 == 0 { 0.0 } else { bw / 2.0 };
        let column = (shifted / bw).floor();
        let (u, v) = (shifted - column * bw, y - row * bh);
        let edge = u.min(bw - u).min(v).min(bh - v) - bh * 0.06 + 0.8 * smooth(x / 5.0, y / 5.0, seed);
        let tone = 1.0
            + vary * lattice(column as i32, row as i32, seed)
            + 0.10 * cloud(x / 12.0, y / 12.0, seed + 9)
            - 0.12 * (v / bh - 0.5);
        mix(mortar, lit(own, tone), (edge / 2.0 + 0.5).clamp(0.0, 1.0))
    })
}

fn wood(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let colours =
        [[0.72, 0.52, 0.33], [0.45, 0.30, 0.20], [0.82, 0.74, 0.62], [0.55, 0.53, 0.50], [0.30, 0.22, 0.17]];
    let (own, upright, seed) = (dice.one_of(&colours), dice.chance(0.5), dice.next() as u32);
    let (plank, grain) = (dice.within(45.0, 110.0), dice.within(0.08, 0.22));
    Canvas::paint(width, height, |x, y| {
        let (along, across) = if upright { (y, x) } else { (x, y) };
        let board = (across / plank).floor();
        let warp = 5.0 * smooth(along / 130.0, across / 40.0, seed + board as u32);
        let rings = ((across + warp) / 5.5 + 2.0 * smooth(along / 160.0, across / 18.0, seed)).sin();
        let fine = smooth(along / 40.0, across / 1.5, seed + 5);
        let gap = (across - board * plank).min(plank - (across - board * plank));
        let tone = 1.0 + 0.10 * lattice(board as i32, 3, seed) + grain * (0.5 * rings + 0.5 * fine);
        lit(own, tone * if gap < 1.3 { 0.45 } else { 1.0 })
    })
}

fn foliage(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let seed = dice.next() as u32;
    let hue = dice.one_of(&[[0.26, 0.42, 0.16], [0.36, 0.44, 0.18], [0.20, 0.34, 0.22], [0.52, 0.40, 0.16]]);
    let mut canvas =
        Canvas::paint(width, height, |x, y| lit(hue, 0.35 + 0.2 * cloud(x / 60.0, y / 60.0, seed)));
    let size = dice.within(7.0, 17.0);
    let count = (width * height) as f32 / (size * size * 0.55);
    for _ in 0..count as usize {
        let place = [dice.within(0.0, width as f32), dice.within(0.0, height as f32)];
        let long = size * dice.within(0.6, 1.5);
        let tone = dice.within(0.5, 1.6);
        let warm = [tone * dice.within(0.85, 1.25), tone, tone * dice.within(0.7, 1.1)];
        let colour = std::array::from_fn(|c| (hue[c] * warm[c]).min(1.0));
        canvas.ellipse(
            [place[0], place[1], long, long * dice.within(0.3, 0.55)],
            dice.within(0.0, TAU),
            1.2,
            colour,
        );
    }
    let blur = dice.one_of(&[0.0, 0.0, 1.6, 3.0]);
    canvas.blurred(blur)
}

fn stripes(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let a = dice.one_of(&WALLS);
    let b = mix(
        a,
        dice.one_of(&[[0.95, 0.95, 0.93], [0.25, 0.33, 0.45], [0.70, 0.40, 0.38], [0.45, 0.52, 0.42]]),
        0.7,
    );
    let (pitch, turn) = (dice.within(14.0, 70.0), dice.one_of(&[0.0_f32, 0.0, 1.571, 0.785]));
    let (crossed, seed) = (dice.chance(0.3), dice.next() as u32);
    Canvas::paint(width, height, |x, y| {
        let wave = |t: f32| ((t / pitch).sin() * pitch * 0.5 / std::f32::consts::PI).clamp(-0.5, 0.5) + 0.5;
        let (u, v) = (x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin());
        let share = if crossed { 0.5 * (wave(u * TAU) + wave(v * TAU)) } else { wave(u * TAU) };
        lit(mix(a, b, share), 1.0 + 0.02 * cloud(x / 9.0, y / 9.0, seed))
    })
}

fn linen(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let own = dice.one_of(&[[0.86, 0.83, 0.76], [0.72, 0.72, 0.70], [0.60, 0.66, 0.70], [0.50, 0.42, 0.36]]);
    let (seed, depth) = (dice.next() as u32, dice.within(0.04, 0.12));
    Canvas::paint(width, height, |x, y| {
        let weave = lattice((x / 2.0) as i32, 7 + (y / 14.0) as i32, seed)
            + lattice((x / 14.0) as i32, (y / 2.0) as i32, seed + 1);
        lit(own, 1.0 + depth * (0.5 * weave + 0.8 * cloud(x / 120.0, y / 120.0, seed + 2)))
    })
}

fn bokeh(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let mut canvas = gradient(width, height, dice);
    let dark = dice.within(0.35, 0.9);
    canvas.rgb.iter_mut().for_each(|rgb| *rgb = lit(*rgb, dark));
    for _ in 0..30 {
        let place = [dice.within(0.0, width as f32), dice.within(0.0, height as f32)];
        let size = dice.within(40.0, 140.0);
        let colour = dice.one_of(&[
            [0.30, 0.40, 0.28],
            [0.55, 0.48, 0.40],
            [0.70, 0.72, 0.74],
            [0.25, 0.26, 0.32],
            [0.72, 0.58, 0.42],
        ]);
        canvas.ellipse(
            [place[0], place[1], size, size * dice.within(0.5, 1.4)],
            0.0,
            size,
            lit(colour, dice.within(0.6, 1.2)),
        );
    }
    let mut canvas = canvas.blurred(dice.within(8.0, 20.0));
    for _ in 0..dice.within(0.0, 30.0) as usize {
        let place = [dice.within(0.0, width as f32), dice.within(0.0, height as f32 * 0.7)];
        let size = dice.within(8.0, 24.0);
        let colour = dice.one_of(&[[1.0, 0.93, 0.75], [0.95, 0.75, 0.5], [0.8, 0.9, 1.0]]);
        let i = (place[1] as usize).min(height - 1) * width + (place[0] as usize).min(width - 1);
        let glow = mix(canvas.rgb[i], colour, dice.within(0.3, 0.8));
        canvas.ellipse([place[0], place[1], size, size], 0.0, 3.0, glow);
    }
    canvas.blurred(1.5)
}

fn room(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let (w, h) = (width as f32, height as f32);
    let (wall, seed) = (dice.one_of(&WALLS), dice.next() as u32);
    let floor =
        dice.one_of(&[[0.60, 0.45, 0.32], [0.42, 0.34, 0.28], [0.70, 0.68, 0.64], [0.36, 0.38, 0.42]]);
    let (line, middle) = (h * dice.within(0.70, 0.86), w * dice.within(0.3, 0.7));
    let light = dice.within(-0.25, 0.25);
    let mut canvas = Canvas::paint(width, height, |x, y| {
        if y < line {
            return lit(wall, 1.0 + light * (x / w - 0.5) + 0.015 * cloud(x / 40.0, y / 40.0, seed));
        }
        let far = (y - line + 12.0) / (h - line);
        let board = ((x - middle) / far / 60.0).floor();
        let edge = ((x - middle) / far / 60.0 - board).min(1.0 - ((x - middle) / far / 60.0 - board));
        let tone =
            0.9 + 0.09 * lattice(board as i32, 1, seed) + 0.08 * smooth(x / far / 6.0, y / far / 40.0, seed);
        lit(floor, tone * if edge < 0.03 { 0.7 } else { 1.0 })
    });
    canvas.rectangle([0.0, line - h * 0.02, w, line], lit(wall, 1.08).map(|c| c.min(1.0)));
    for _ in 0..dice.within(1.0, 4.0) as usize {
        let (x, y) = (dice.within(0.0, w), dice.within(0.05 * h, 0.35 * h));
        let (a, b) = (dice.within(0.10, 0.3) * w, dice.within(0.08, 0.22) * h);
        canvas.rectangle(
            [x, y, x + a, y + b],
            dice.one_of(&[[0.22, 0.18, 0.15], [0.94, 0.93, 0.9], [0.5, 0.36, 0.24]]),
        );
        let inner = dice.one_of(&[[0.75, 0.85, 0.95], [0.55, 0.60, 0.5], [0.8, 0.55, 0.4], [0.3, 0.4, 0.5]]);
        canvas.rectangle([x + 6.0, y + 6.0, x + a - 6.0, y + b - 6.0], inner);
    }
    for _ in 0..dice.within(1.0, 3.0) as usize {
        let x = dice.one_of(&[dice.clone().within(-0.1, 0.15), dice.clone().within(0.6, 0.85)]) * w;
        let (a, b) = (dice.within(0.2, 0.4) * w, dice.within(0.15, 0.4) * h);
        let colour =
            dice.one_of(&[[0.45, 0.30, 0.20], [0.35, 0.42, 0.46], [0.66, 0.60, 0.52], [0.25, 0.22, 0.22]]);
        canvas.rectangle([x, line - b, x + a, line + h * 0.06], colour);
        canvas.rectangle([x + 5.0, line - b + 6.0, x + a - 5.0, line - b + 10.0], lit(colour, 0.6));
    }
    let blur = dice.one_of(&[0.8, 2.0, 4.0]);
    canvas.blurred(blur)
}

/// A picture without a person and without a garment.
pub(crate) fn nobody(number: usize, width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let (w, h) = (width as f32, height as f32);
    match number % 12 {
        // blank
        0 => Canvas::paint(width, height, |_, _| [0.94; 3]),
        // gradient
        1 => gradient(width, height, dice),
        // brick wall
        2 => brick(width, height, dice),
        // planks
        3 => wood(width, height, dice),
        // hedge
        4 => foliage(width, height, dice),
        // room
        5 => room(width, height, dice),
        // lights
        6 => bokeh(width, height, dice),
        // landscape
        7 => landscape(width, height, dice),
        8 => {
            let seed = dice.next() as u32;
            Canvas::paint(width, height, |x, y| {
                std::array::from_fn(|c| 0.5 + 0.5 * lattice(x as i32, y as i32, seed + c as u32))
            })
        }
        9 => {
            let mut canvas = plain(width, height, dice);
            canvas.ellipse([w * 0.5, h * 0.55, w * 0.28, w * 0.28], 0.0, 1.5, [0.80, 0.25, 0.18]);
            canvas
        }
        // lamp
        10 => lamp(width, height, dice),
        _ => {
            let mut canvas = plain(width, height, dice);
            for _ in 0..40 {
                let (x, y) = (dice.within(0.1, 0.8) * w, dice.within(0.08, 0.9) * h);
                canvas.rectangle([x, y, x + dice.within(8.0, 60.0), y + 7.0], [0.15; 3]);
            }
            canvas
        }
    }
}

fn landscape(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let (w, h, seed) = (width as f32, height as f32, dice.next() as u32);
    let mut canvas = Canvas::paint(width, height, |x, y| {
        let ridge = h * (0.45 + 0.12 * cloud(x / w * 2.5, 0.0, seed));
        let field = h * (0.62 + 0.05 * cloud(x / w * 3.0, 9.0, seed));
        if y < ridge {
            mix([0.40, 0.60, 0.88], [0.85, 0.90, 0.95], y / ridge)
        } else if y < field {
            lit([0.35, 0.44, 0.48], 1.0 + 0.2 * cloud(x / 20.0, y / 20.0, seed))
        } else {
            lit([0.34, 0.46, 0.20], 0.9 + 0.35 * cloud(x / 15.0, y / 7.0, seed))
        }
    });
    for _ in 0..3 {
        let (x, y, size) =
            (dice.within(0.1, 0.9) * w, dice.within(0.5, 0.6) * h, dice.within(0.06, 0.14) * w);
        canvas.rectangle([x - size * 0.1, y, x + size * 0.1, y + size * 2.2], [0.32, 0.24, 0.18]);
        canvas.ellipse([x, y, size, size * 1.1], 0.0, 5.0, [0.18, 0.34, 0.14]);
    }
    canvas
}

/// A floor lamp: something tall and narrow with a head.
fn lamp(width: usize, height: usize, dice: &mut Dice) -> Canvas {
    let (w, h) = (width as f32, height as f32);
    let mut canvas = plain(width, height, dice);
    let x = w * 0.5;
    canvas.rectangle([x - 4.0, h * 0.25, x + 4.0, h * 0.9], [0.2; 3]);
    canvas.ellipse([x, h * 0.9, w * 0.14, h * 0.02], 0.0, 1.5, [0.2; 3]);
    canvas.ellipse([x, h * 0.2, w * 0.12, h * 0.08], 0.0, 1.5, [0.85, 0.72, 0.48]);
    canvas
}
