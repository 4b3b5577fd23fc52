//! Drawn people and garments whose outline and joints are known.
//!
//! A puppet is flat shapes with soft shading, 7.5 heads tall: enough for finding and fitting, far from a photo.

use atelier_domain::Picture;

type Rgb = [f32; 3];
type Point = (f32, f32);

/// sRGB in `0..=1` with coverage of the figure.
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<Rgb>,
    pub(crate) figure: Vec<f32>,
}

#[derive(Clone, Copy)]
pub(crate) enum Ground {
    Plain(Rgb),
    Gradient(Rgb, Rgb),
    Noisy(Rgb, f32),
}

/// Degrees from hanging down, positive outwards, of upper arm and forearm.
pub(crate) type ArmPose = (f32, f32);

pub(crate) const ARMS_DOWN: [ArmPose; 2] = [(12.0, 6.0), (12.0, 6.0)];
pub(crate) const ONE_ON_HIP: [ArmPose; 2] = [(12.0, 6.0), (42.0, -55.0)];
pub(crate) const ARMS_OUT: [ArmPose; 2] = [(55.0, 40.0), (55.0, 40.0)];

#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) arms: [ArmPose; 2],
    pub(crate) long_hair: bool,
    pub(crate) long_sleeves: bool,
    pub(crate) skin: Rgb,
    pub(crate) shirt: Rgb,
    pub(crate) trousers: Rgb,
    pub(crate) ground: Ground,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            arms: ARMS_DOWN,
            long_hair: false,
            long_sleeves: false,
            skin: [0.87, 0.67, 0.55],
            shirt: [0.45, 0.55, 0.72],
            trousers: [0.2, 0.22, 0.3],
            ground: Ground::Plain([0.85, 0.85, 0.84]),
        }
    }
}

/// True joints in full pixels, left then right of the picture.
pub(crate) struct Truth {
    pub(crate) shoulders: [Point; 2],
    pub(crate) elbows: [Point; 2],
    pub(crate) wrists: [Point; 2],
    pub(crate) chin: f32,
    pub(crate) unit: f32,
    pub(crate) x: f32,
    pub(crate) top: f32,
}

fn noise(x: usize, y: usize) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 12;
    (h & 0xFFFF) as f32 / 65535.0 - 0.5
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize, ground: Ground) -> Self {
        let colour = |x: usize, y: usize| match ground {
            Ground::Plain(rgb) => rgb,
            Ground::Gradient(a, b) => {
                let t = (y as f32 / height as f32 + 0.3 * x as f32 / width as f32) / 1.3;
                std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t)
            }
            Ground::Noisy(rgb, amount) => rgb.map(|c| c + noise(x, y) * amount),
        };
        let rgb = (0..width * height).map(|i| colour(i % width, i / width)).collect();
        Self { width, height, rgb, figure: vec![0.0; width * height] }
    }

    /// Fills where `depth` (pixels inside, negative outside) is positive.
    pub(crate) fn fill(&mut self, depth: impl Fn(Point) -> f32, colour: impl Fn(Point, f32) -> Rgb) {
        for y in 0..self.height {
            for x in 0..self.width {
                let point = (x as f32, y as f32);
                let inside = depth(point);
                let alpha = (inside + 0.5).clamp(0.0, 1.0);
                if alpha > 0.0 {
                    let i = y * self.width + x;
                    let paint = colour(point, inside);
                    self.rgb[i] =
                        std::array::from_fn(|c| self.rgb[i][c] + (paint[c] - self.rgb[i][c]) * alpha);
                    self.figure[i] = self.figure[i].max(alpha);
                }
            }
        }
    }

    pub(crate) fn picture(&self) -> Picture {
        let bytes = self.rgb.iter().flat_map(|rgb| {
            let [r, g, b] = rgb.map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
            [r, g, b, 255]
        });
        Picture::from_rgba(self.width as u32, self.height as u32, bytes.collect()).unwrap()
    }
}

/// A bone with round ends.
fn bone(a: Point, b: Point, ra: f32, rb: f32) -> impl Fn(Point) -> f32 {
    move |p| {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy).max(1e-6)).clamp(0.0, 1.0);
        ra + (rb - ra) * t - (p.0 - a.0 - dx * t).hypot(p.1 - a.1 - dy * t)
    }
}

fn ellipse(c: Point, rx: f32, ry: f32) -> impl Fn(Point) -> f32 {
    move |p| (1.0 - ((p.0 - c.0) / rx).hypot((p.1 - c.1) / ry)) * rx.min(ry)
}

/// Depth inside a polygon.
pub(crate) fn polygon(points: Vec<Point>) -> impl Fn(Point) -> f32 {
    move |p| {
        let mut inside = false;
        let mut nearest = f32::MAX;
        for (i, &a) in points.iter().enumerate() {
            let b = points[(i + 1) % points.len()];
            if (a.1 > p.1) != (b.1 > p.1) && p.0 < (b.0 - a.0) * (p.1 - a.1) / (b.1 - a.1) + a.0 {
                inside = !inside;
            }
            nearest = nearest.min(-bone(a, b, 0.0, 0.0)(p));
        }
        if inside { nearest } else { -nearest }
    }
}

fn round(rgb: Rgb, depth: f32, radius: f32) -> Rgb {
    let t = (depth / radius).clamp(0.0, 1.0);
    rgb.map(|c| c * (0.78 + 0.22 * t.sqrt()))
}

impl Person {
    #[expect(clippy::too_many_lines, reason = "one shape after the other")]
    pub(crate) fn draw(&self, width: usize, height: usize) -> (Canvas, Truth) {
        let mut canvas = Canvas::new(width, height, self.ground);
        let u = height as f32 * 0.92 / 7.5;
        let (x, top) = (width as f32 / 2.0, height as f32 * 0.04);
        let at = |dx: f32, heads: f32| (x + dx * u, top + heads * u);
        let hair = [0.23, 0.15, 0.1];
        let skin = |r: f32| move |_: Point, d: f32| round(self.skin, d, r);
        let down = |from: Point, degrees: f32, side: f32, length: f32| {
            let a = degrees.to_radians();
            (from.0 + side * a.sin() * length * u, from.1 + a.cos() * length * u)
        };
        if self.long_hair {
            canvas.fill(bone(at(0.0, 0.4), at(0.0, 1.5), 0.45 * u, 0.5 * u), |_, d| round(hair, d, 0.3 * u));
        }
        for s in [-1.0, 1.0] {
            let (hip, knee, ankle) = (at(s * 0.38, 3.7), at(s * 0.40, 5.5), at(s * 0.42, 7.15));
            canvas.fill(bone(ankle, at(s * 0.48, 7.4), 0.12 * u, 0.1 * u), |_, _| [0.12; 3]);
            canvas.fill(bone(hip, knee, 0.37 * u, 0.27 * u), |_, d| round(self.trousers, d, 0.3 * u));
            canvas.fill(bone(knee, ankle, 0.27 * u, 0.18 * u), |_, d| round(self.trousers, d, 0.2 * u));
        }
        canvas.fill(bone(at(0.0, 0.8), at(0.0, 1.4), 0.24 * u, 0.26 * u), |p, d| {
            let shadow = if p.1 < top + 1.15 * u { 0.8 } else { 1.0 };
            round(self.skin, d, 0.2 * u).map(|c| c * shadow)
        });
        let torso =
            [(0.26, 1.3), (0.85, 1.5), (0.95, 1.75), (0.76, 2.2), (0.66, 2.9), (0.78, 3.6), (0.78, 3.75)];
        let mut outline: Vec<Point> = torso.iter().map(|&(dx, h)| at(dx, h)).collect();
        outline.extend(torso.iter().rev().map(|&(dx, h)| at(-dx, h)));
        canvas.fill(polygon(outline), |p, d| {
            let base = if p.1 < top + 3.4 * u { self.shirt } else { self.trousers };
            round(base, d, 0.35 * u)
        });
        canvas.fill(ellipse(at(0.0, 0.52), 0.36 * u, 0.48 * u), skin(0.3 * u));
        canvas.fill(
            |p| {
                let face = ellipse(at(0.0, 0.62), 0.3 * u, 0.42 * u)(p);
                ellipse(at(0.0, 0.46), 0.41 * u, 0.46 * u)(p).min(-face).min(top + 0.75 * u - p.1)
            },
            |_, _| hair,
        );
        for s in [-1.0, 1.0] {
            canvas.fill(ellipse(at(s * 0.13, 0.55), 0.05 * u, 0.03 * u), |_, _| [0.1; 3]);
        }
        if self.long_hair {
            for s in [-1.0, 1.0] {
                canvas.fill(bone(at(s * 0.36, 0.5), at(s * 0.42, 1.9), 0.12 * u, 0.14 * u), |_, d| {
                    round(hair, d, 0.15 * u)
                });
            }
        }
        let mut truth = Truth {
            shoulders: [(0.0, 0.0); 2],
            elbows: [(0.0, 0.0); 2],
            wrists: [(0.0, 0.0); 2],
            chin: top + u,
            unit: u,
            x,
            top,
        };
        for side in [0, 1] {
            let s = [-1.0, 1.0][side];
            let (upper, fore) = self.arms[side];
            let shoulder = at(s * 0.80, 1.66);
            let elbow = down(shoulder, upper, s, 1.3);
            let wrist = down(elbow, fore, s, 1.05);
            let hand = down(wrist, fore, s, 0.45);
            canvas.fill(bone(wrist, hand, 0.13 * u, 0.12 * u), skin(0.1 * u));
            canvas.fill(bone(elbow, wrist, 0.165 * u, 0.12 * u), skin(0.15 * u));
            canvas.fill(bone(shoulder, elbow, 0.2 * u, 0.165 * u), skin(0.18 * u));
            let sleeve_end =
                (shoulder.0 + (elbow.0 - shoulder.0) * 0.5, shoulder.1 + (elbow.1 - shoulder.1) * 0.5);
            let cloth = |_: Point, d: f32| round(self.shirt, d, 0.2 * u);
            if self.long_sleeves {
                canvas.fill(bone(shoulder, elbow, 0.24 * u, 0.2 * u), cloth);
                canvas.fill(bone(elbow, wrist, 0.2 * u, 0.15 * u), cloth);
            } else {
                canvas.fill(bone(shoulder, sleeve_end, 0.24 * u, 0.23 * u), cloth);
            }
            truth.shoulders[side] = shoulder;
            truth.elbows[side] = elbow;
            truth.wrists[side] = wrist;
        }
        (canvas, truth)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    TShirt,
    LongShirt,
    Dress,
    Trousers,
    Skirt,
}

/// A flat garment with a striped or checked pattern on a plain ground.
pub(crate) fn garment(kind: Kind, size: usize, colour: Rgb, ground: Ground) -> Canvas {
    let mut canvas = Canvas::new(size, size, ground);
    let k = size as f32 / 100.0;
    let half: &[Point] = match kind {
        Kind::TShirt => &[(9.0, 14.0), (24.0, 19.0), (44.0, 38.0), (34.0, 48.0), (22.5, 39.0), (22.0, 86.0)],
        Kind::LongShirt => {
            &[(9.0, 12.0), (22.0, 16.0), (36.0, 44.0), (46.0, 78.0), (36.0, 82.0), (21.0, 42.0), (21.0, 88.0)]
        }
        Kind::Dress => &[(6.0, 6.0), (12.0, 6.0), (13.5, 18.0), (16.0, 22.0), (12.0, 42.0), (28.0, 94.0)],
        Kind::Trousers => &[(14.0, 5.0), (17.0, 25.0), (16.0, 95.0), (5.0, 95.0), (1.0, 36.0)],
        Kind::Skirt => &[(20.0, 20.0), (22.0, 30.0), (30.0, 80.0)],
    };
    let dip = match kind {
        Kind::TShirt | Kind::LongShirt => Some(20.0),
        Kind::Dress => Some(15.0),
        Kind::Trousers | Kind::Skirt => None,
    };
    let mut outline: Vec<Point> = half.iter().map(|&(dx, y)| ((50.0 + dx) * k, y * k)).collect();
    if kind == Kind::Trousers {
        outline.push((50.0 * k, 35.0 * k));
    }
    outline.extend(half.iter().rev().map(|&(dx, y)| ((50.0 - dx) * k, y * k)));
    if let Some(dip) = dip {
        let inner = half[0].0;
        outline.push(((50.0 - inner * 0.6) * k, (dip - 1.5) * k));
        outline.push((50.0 * k, dip * k));
        outline.push(((50.0 + inner * 0.6) * k, (dip - 1.5) * k));
    }
    canvas.fill(polygon(outline), |p, d| {
        let stripe = (p.1 / (5.0 * k)) as i32 % 2 == 0;
        let check = (p.0 / (5.0 * k)) as i32 % 2 == 0 && kind != Kind::TShirt;
        let shade = if stripe { 1.0 } else { 0.82 } * if check { 1.0 } else { 0.92 };
        round(colour, d, 3.0 * k).map(|c| c * shade)
    });
    canvas
}
