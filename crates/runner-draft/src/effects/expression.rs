//! Faces that change their expression: the face bent around its landmarks, with a mouth that opens.
//!
//! Places are in distances between the eyes, from their middle: `x` across, `y` down.

use crate::colour::Rgb;
use crate::effects::cast::Cast;
use crate::effects::frame::{Light, hex, solid};
use crate::face::Face;
use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// Half a mouth's width.
const HALF_MOUTH: f32 = 0.35;

/// How far a face is from the one in the picture; all 0 is that one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Expression {
    /// Corners of the mouth: 1 a broad smile, -1 turned down.
    pub(super) smile: f32,
    /// Height of the open mouth.
    pub(super) open: f32,
    /// Share of the opening that teeth fill.
    pub(super) teeth: f32,
    /// How far the lids are closed, `0..=1`.
    pub(super) squint: f32,
    /// Inner ends of the brows: 1 down and together, -1 up.
    pub(super) frown: f32,
}

/// A bump pushes what is around `at`, within `reach`, by `push`.
struct Bump {
    at: Vec2,
    reach: Vec2,
    push: Vec2,
}

impl Bump {
    fn share(&self, q: Vec2) -> f32 {
        let (x, y) = ((q.x - self.at.x) / self.reach.x, (q.y - self.at.y) / self.reach.y);
        let inside = (1.0 - x * x - y * y).max(0.0);
        inside * inside
    }
}

/// What is seen at a place of the changed face.
pub(super) enum Seen {
    /// What was at another place of the picture.
    Skin(Vec2),
    /// The inside of the mouth: across `-1..=1`, and down `0..=1`.
    Mouth(Vec2),
}

/// From the picture to the face's own measure.
pub(super) fn measure(face: &Face, point: Vec2) -> Vec2 {
    let along = face.eyes[1] - face.eyes[0];
    let (off, square) = (point - face.middle(), along.dot(along).max(1e-6));
    vec2(off.dot(along) / square, off.dot(along.turned()) / square)
}

/// An expression made ready for all pixels of a frame.
pub(super) struct Bent {
    expression: Expression,
    /// Where the lips meet.
    lips: f32,
    bumps: Vec<Bump>,
}

impl Expression {
    /// Makes it ready for a face; where the picture shows teeth, no others are drawn.
    pub(super) fn bent(self, cast: &Cast) -> Bent {
        let (lips, teeth) = (cast.lips, if cast.teeth { 0.0 } else { self.teeth });
        let mut bumps = Vec::new();
        let mut bump = |at: (f32, f32), reach: (f32, f32), push: (f32, f32)| {
            if push.0.abs() + push.1.abs() > 1e-4 {
                let [at, reach, push] = [at, reach, push].map(|(x, y)| vec2(x, y));
                bumps.push(Bump { at, reach, push });
            }
        };
        for s in [-1.0, 1.0] {
            let (up, down) = (self.smile.max(0.0), (-self.smile).max(0.0));
            bump((s * 0.42, lips), (0.42, 0.38), (s * (0.11 * up - 0.01 * down), -0.13 * up + 0.13 * down));
            bump((s * 0.62, 0.72), (0.5, 0.42), (s * 0.02 * up, -0.09 * up));
            let (together, apart) = (self.frown.max(0.0), (-self.frown).max(0.0));
            bump((s * 0.24, -0.30), (0.36, 0.26), (-s * 0.07 * together, 0.15 * together - 0.13 * apart));
            bump((s * 0.78, -0.30), (0.36, 0.26), (0.0, -0.10 * together + 0.06 * apart));
        }
        bump((0.0, lips), (0.25, 0.25), (0.0, 0.03 * self.smile.max(0.0) - 0.08 * (-self.smile).max(0.0)));
        Bent { expression: Self { teeth, ..self }, lips, bumps }
    }
}

impl Bent {
    /// What to show at a place, in the face's measure.
    pub(super) fn seen(&self, q: Vec2) -> Seen {
        if q.x.abs() > 1.6 || !(-1.2..2.9).contains(&q.y) {
            return Seen::Skin(q);
        }
        let e = &self.expression;
        let half = HALF_MOUTH * (1.0 + 0.28 * e.smile.max(0.0));
        // The corners hang higher than the middle in a smile.
        let line = self.lips + 0.10 * e.smile * (0.35 - (q.x / half).powi(2).min(1.6));
        let jaw = (1.0 - (q.x / 1.15).powi(2)).max(0.0).powf(1.3) * smoothstep(2.8, 1.75, q.y);
        let arch = (1.0 - (q.x / half).powi(2)).max(0.0).powf(0.5);
        let smooth = smoothstep(line - 0.3, line + 0.45, q.y) * (1.0 - arch) * 0.7;
        let drop = e.open * jaw * if q.y > line { mix(smooth, 1.0, arch) } else { smooth };
        if q.y > line && q.y - drop < line && arch > 0.0 {
            let depth = (q.y - line) / (e.open * jaw * arch).max(1e-4);
            return Seen::Mouth(vec2(q.x / half, depth.min(1.0)));
        }
        let mut from = q - vec2(0.0, drop);
        let mut shift = vec2(0.0, 0.0);
        for bump in &self.bumps {
            shift = shift + bump.push * bump.share(from);
        }
        from = from - shift;
        for s in [-0.5, 0.5] {
            let lid = Bump { at: vec2(s, 0.0), reach: vec2(0.42, 0.3), push: vec2(0.0, 0.0) }.share(from);
            from.y += from.y * 1.6 * e.squint * lid;
        }
        Seen::Skin(from)
    }

    /// Light of the inside of the mouth: teeth above, then dark, a tongue below.
    pub(super) fn mouth(&self, at: Vec2, lit: Rgb) -> Light {
        let e = &self.expression;
        let (dark, tongue) = (hex(0x2c_0808), hex(0xa8_4a48));
        let mut colour: Rgb = std::array::from_fn(|c| {
            mix(dark[c], tongue[c], smoothstep(0.55, 0.95, at.y) * smoothstep(0.85, 0.3, at.x.abs()))
        });
        let gap = 0.75 + 0.25 * (at.x * 17.0).cos().abs().powf(0.3);
        let upper = smoothstep(0.03, 0.0, at.y - e.teeth * (0.95 - 0.35 * at.x * at.x));
        let lower = if e.teeth > 0.45 { smoothstep(-0.03, 0.0, at.y - 0.55) } else { 0.0 };
        let teeth = upper.max(lower) * smoothstep(1.0, 0.9, at.x.abs());
        let between = if e.teeth > 0.45 { smoothstep(0.0, 0.05, (at.y - 0.5).abs()) } else { 1.0 };
        let white = hex(0xf4_eee4).map(|c| c * gap * between * mix(1.0, 0.55, at.x.abs()));
        colour = std::array::from_fn(|c| mix(colour[c], white[c], teeth));
        let rim = smoothstep(0.0, 0.12, 1.0 - at.x.abs()) * mix(0.6, 1.0, smoothstep(0.0, 0.1, at.y));
        solid(std::array::from_fn(|c| colour[c] * lit[c] * rim), 1.0)
    }
}
