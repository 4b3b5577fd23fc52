//! The push into an eye. A picture holds too few pixels of it, so the eye itself is drawn, in the colours found there.

use crate::colour::{Rgb, luminance};
use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, curve};
use crate::effects::frame::{Frame, Light, hex, over, solid};
use crate::effects::motion::{Dice, bell, noise};
use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// Half the width of an open eye, in distances between the eyes.
const HALF: f32 = 0.235;

/// The camera's goal and the colours of the eye.
pub(super) struct EyeCloseUp {
    eye: Vec2,
    iris: Rgb,
    skin: Rgb,
    /// Fibres of the iris: brightness around it.
    seed: f32,
}

impl EyeCloseUp {
    pub(super) fn new(cast: &Cast, seed: u64) -> Self {
        let e = cast.face.between();
        let around = |eye: Vec2, reach: f32| {
            let steps = (0..400)
                .map(|i| (i % 20, i / 20))
                .map(|(i, j)| vec2(i as f32 / 9.5 - 1.0, j as f32 / 9.5 - 1.0));
            steps.map(move |d| eye + d * (reach * e)).collect::<Vec<_>>()
        };
        let at = |p: Vec2| cast.picture.sample(p.x, p.y);
        // The darker of both eyes is seen better; its dark middle is the iris.
        let dark = |eye: Vec2| {
            let cheek = luminance(at(eye + vec2(0.0, 0.45 * e)));
            let (mut sum, mut all) = (vec2(0.0, 0.0), 1e-6);
            for p in around(eye, 0.2) {
                let weight = (0.5 * cheek - luminance(at(p))).max(0.0).powi(2);
                sum = sum + p * weight;
                all += weight;
            }
            (if all > 1e-5 { sum * (1.0 / all) } else { eye }, all)
        };
        let [left, right] = cast.face.eyes.map(dark);
        let eye = if left.1 >= right.1 { left.0 } else { right.0 };
        // Few pixels, mixed with lashes and whites: what colour they agree on is strengthened.
        let near = around(eye, 0.045);
        let mean: Rgb =
            std::array::from_fn(|c| near.iter().map(|p| at(*p)[c]).sum::<f32>() / near.len() as f32);
        let grey = luminance(mean);
        let gain = 0.15 / grey.max(0.004);
        let warm = hex(0x8a_5a30);
        let iris = std::array::from_fn(|c| {
            let strong = (grey + (mean[c] - grey) * 2.6) * gain;
            mix(strong, warm[c], 0.3).clamp(0.02, 0.9)
        });
        let skin = at(eye + vec2(0.0, 0.5 * e));
        Self { eye, iris, skin, seed: Dice::new(seed, 31).range(0.0, 90.0) }
    }

    /// The eye at `q`, in halves of its width from the middle of the iris.
    fn drawn(&self, q: Vec2, time: f32, lid: f32) -> Light {
        let arc = |x: f32, power: f32| (1.0 - (x * x).min(1.0)).powf(power);
        let upper = -0.50 * arc(q.x, 0.75) * (1.0 - lid) + 0.10 * q.x * 0.3;
        let lower = 0.36 * arc(q.x, 0.85);
        // The dark line of the lashes.
        let line = bell((q.y - upper) / 0.035) * smoothstep(1.06, 0.9, q.x.abs());
        let line = solid(hex(0x12_0a08), 0.85 * line);
        // Skin around, so that nothing of the small eye shows through.
        let cover = smoothstep(1.0, 0.72, (q.x / 1.62).powi(2) + (q.y / 1.02).powi(2));
        if cover <= 0.0 {
            return line;
        }
        let fold = -0.78 * arc(q.x * 0.86, 0.7) + 0.04;
        let pores =
            1.0 + 0.10 * (noise(q.x * 34.0, q.y * 34.0) - 0.5) + 0.06 * (noise(q.x * 90.0, q.y * 90.0) - 0.5);
        let inside = smoothstep(1.12, 0.85, q.x.abs());
        let crease = 1.0
            - 0.45 * inside * bell((q.y - fold) / 0.05)
            - 0.25 * inside * bell((q.y - lower - 0.22) / 0.07);
        let shade = 1.0 - 0.3 * smoothstep(0.35, 0.0, (q.y - upper).abs()) * f32::from(u8::from(q.y < upper));
        let skin = solid(self.skin.map(|c| c * pores * crease * shade * 0.92), cover);
        let open = smoothstep(0.0, 0.025, q.y - upper)
            * smoothstep(0.0, 0.025, lower - q.y)
            * smoothstep(1.0, 0.97, q.x.abs());
        if open <= 0.0 {
            return over(skin, line);
        }
        over(over(skin, solid(self.ball(q, [upper, lower], time), open)), line)
    }

    /// What shows between the lids, whose rows are given: white, iris and what they reflect.
    fn ball(&self, q: Vec2, [upper, lower]: [f32; 2], time: f32) -> Rgb {
        let mut colour = hex(0xe8_e2dc);
        let veins = smoothstep(0.62, 0.8, noise(q.x * 7.0 + 3.0 * noise(q.y * 9.0, 1.0), q.y * 16.0))
            * smoothstep(0.45, 1.0, q.x.abs());
        colour = std::array::from_fn(|c| {
            colour[c] * (1.0 - 0.22 * veins * [0.3, 1.0, 1.0][c]) * mix(1.0, 0.62, q.x.abs().powi(3))
        });
        let radius = q.length() / 0.46;
        if radius < 1.05 {
            let (iris, white) = (self.iris_at(q, radius, time), smoothstep(0.97, 1.04, radius));
            colour = std::array::from_fn(|c| mix(iris[c], colour[c], white));
        }
        let under = smoothstep(0.30, 0.0, q.y - upper);
        colour = colour.map(|c| c * (1.0 - 0.55 * under));
        let window = |x: f32, y: f32, w: f32, h: f32| {
            smoothstep(w, w * 0.82, (q.x - x).abs()) * smoothstep(h, h * 0.82, (q.y - y).abs())
        };
        let glint = window(-0.135, -0.19, 0.085, 0.11) * 0.95 + window(0.15, 0.16, 0.03, 0.045) * 0.5;
        colour = std::array::from_fn(|c| colour[c] + glint * [0.9, 0.95, 1.0][c]);
        // The wet rim of the lower lid.
        let wet = bell((q.y - lower + 0.02) / 0.02) * 0.25;
        colour.map(|c| c + wet)
    }

    fn iris_at(&self, q: Vec2, radius: f32, time: f32) -> Rgb {
        let around = q.unit();
        // Noise around a circle closes on itself.
        let wrap = |rate: f32, row: f32| noise(around.x * rate + self.seed, around.y * rate + row);
        let fibre = 0.55 + 0.9 * wrap(13.0 + 2.0 * radius, 3.0) * wrap(31.0, radius * 2.6);
        let pupil = 0.36 + 0.055 * (time * 2.6).sin() - 0.10 * smoothstep(1.8, 2.6, time);
        let collar = bell((radius - pupil - 0.16 - 0.05 * wrap(6.0, 9.0)) / 0.09);
        let ring = 1.0 - 0.8 * smoothstep(0.78, 1.0, radius);
        let gold = self.iris.map(|c| c * 1.9).map(|c| c + 0.05);
        let lit = 1.0 + 0.7 * smoothstep(-0.2, 0.5, q.y / 0.46);
        std::array::from_fn(|c| {
            let base = mix(self.iris[c], gold[c], 0.55 * collar) * fibre * ring * lit;
            mix(0.002, base, smoothstep(pupil - 0.03, pupil + 0.03, radius))
        })
    }

    fn lashes(&self, sheet: &mut Sheet, camera: &Camera, half: f32, lid: f32, share: f32) {
        let mut dice = Dice::new(self.seed as u64, 33);
        for i in 0..62 {
            let x = -0.98 + 1.96 * i as f32 / 61.0 + dice.range(-0.025, 0.025);
            let y = -0.50 * (1.0 - (x * x).min(1.0)).powf(0.75) * (1.0 - lid) + 0.03 * x;
            let long = 0.30 * dice.range(0.55, 1.1) * (1.0 - 0.45 * x.abs());
            let lean = x * 0.75 + dice.range(-0.16, 0.16);
            let at = |x: f32, y: f32| camera.see(self.eye) + vec2(x, y) * half;
            let lash = [
                at(x, y),
                at(x + lean * long * 0.35, y - long * 0.55),
                at(x + lean * long, y - long * (1.0 - 0.3 * lid)),
            ];
            sheet.stroke(&curve(&lash), 0.018 * half, Ink(0x0c_0706, 0.9 * share));
            let low = 0.36 * (1.0 - (x * x).min(1.0)).powf(0.85);
            let under = [at(x, low), at(x + lean * 0.05, low + 0.07), at(x + lean * 0.12, low + 0.12)];
            if i % 2 == 0 {
                sheet.stroke(&curve(&under), 0.011 * half, Ink(0x18_0e0a, 0.6 * share));
            }
        }
    }
}

impl Act for EyeCloseUp {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let e = cast.face.between();
        let push = smoothstep(0.0, 1.0, ((time - 0.1) / 2.1).clamp(0.0, 1.0));
        let most = 0.40 * cast.width().min(cast.height()) / (HALF * e);
        // Equal steps in time are equal factors: that looks like steady travel.
        let zoom = most.powf(push) * (1.0 + 0.05 * smoothstep(2.2, 3.0, time));
        let camera = Camera { zoom, shift: (cast.middle() - self.eye) * push, ..Camera::at(self.eye) };
        let half = HALF * e * zoom;
        let sharp = smoothstep(0.10, 0.24, half / cast.width().min(cast.height()));
        let blink = (-((time - 2.5) / 0.07).powi(2)).exp();
        frame.each(|p, _| {
            let q = camera.back(p);
            let own = cast.figure_at(q);
            // Near enough there is nothing but skin.
            let behind = if own[3] < 0.999 { cast.plate_at(q) } else { [0.0; 3] };
            std::array::from_fn(|c| own[c] + behind[c] * (1.0 - own[3]))
        });
        if sharp > 0.0 {
            let seen = camera.see(self.eye);
            frame.lay(|p| self.drawn((p - seen) * (1.0 / half), time, blink).map(|c| c * sharp));
            let mut sheet = Sheet::new(cast.size);
            self.lashes(&mut sheet, &camera, half, blink, sharp);
            frame.over(&sheet);
        }
        let middle = cast.middle();
        let grain = (time * 24.0).floor();
        frame.each(|p, rgb| {
            let edge = 1.0 - 0.55 * ((p - middle).length() / middle.length()).powi(2) * push;
            let speck = 1.0 + 0.05 * push * (noise(p.x * 0.7 + grain * 13.0, p.y * 0.7) - 0.5);
            rgb.map(|c| c * edge * speck)
        });
    }
}
