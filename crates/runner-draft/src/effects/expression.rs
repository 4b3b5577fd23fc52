//! Faces that change their expression: the face bent around its landmarks, with a mouth that opens.
//!
//! Places are in distances between the eyes, from their middle: `x` across, `y` down.

use crate::colour::Rgb;
use crate::effects::cast::Cast;
use crate::effects::frame::{Light, hex, over, solid};
use crate::face::Face;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::mouth::Mouth;

/// How far a face is from the one in the picture; all 0 is that one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Expression {
    /// Corners of the mouth: 1 a broad smile, -1 turned down.
    pub(super) smile: f32,
    /// Height of the open mouth.
    pub(super) open: f32,
    /// Share of the opening that teeth fill.
    pub(super) teeth: f32,
    /// How far lips that are apart in the picture come together, `0..=1`.
    pub(super) close: f32,
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
pub(super) struct Seen {
    /// Where in the picture's face the skin is.
    pub(super) skin: Vec2,
    /// How much of it the inside of the opened mouth covers, and where in it: across `-1..=1`, and down `0..=1`.
    inside: (f32, Vec2),
}

/// From the picture to the face's own measure.
pub(super) fn measure(face: &Face, point: Vec2) -> Vec2 {
    let along = face.eyes[1] - face.eyes[0];
    let (off, square) = (point - face.middle(), along.dot(along).max(1e-6));
    vec2(off.dot(along) / square, off.dot(along.turned()) / square)
}

/// Whether a face is at a place, in its measure, `0..=1`; hair may cover it there.
pub(super) fn oval(q: Vec2) -> f32 {
    smoothstep(1.08, 0.92, (q.x / 1.22).hypot((q.y - 0.35) / 1.62))
}

/// An expression made ready for all pixels of a frame.
pub(super) struct Bent {
    expression: Expression,
    mouth: Mouth,
    /// Half a pixel of the picture.
    soft: f32,
    bumps: Vec<Bump>,
}

impl Expression {
    /// Makes it ready for a face.
    pub(super) fn bent(self, cast: &Cast) -> Bent {
        let mouth = cast.mouth;
        let mut bumps = Vec::new();
        let mut bump = |at: (f32, f32), reach: (f32, f32), push: (f32, f32)| {
            if push.0.abs() + push.1.abs() > 1e-4 {
                let [at, reach, push] = [at, reach, push].map(|(x, y)| vec2(x, y));
                bumps.push(Bump { at, reach, push });
            }
        };
        let (up, down) = (self.smile.max(0.0), (-self.smile).max(0.0));
        // Somebody who smiles already has less to rise, and further to fall.
        let smiles = (-mouth.line.curve * mouth.half * mouth.half).clamp(0.0, 0.16);
        let up = up * (1.0 - 4.0 * smiles);
        let lips = mouth.line.row - 0.5 * mouth.gap(mouth.middle);
        for s in [-1.0, 1.0] {
            let corner = (mouth.middle + s * mouth.half.max(0.36) * 1.15, lips - smiles);
            let fall = -0.13 * up + (0.13 + smiles) * down;
            bump(corner, (0.42, 0.38), (s * (0.11 * up - 0.01 * down), fall));
            bump((s * 0.62, 0.72), (0.5, 0.42), (s * 0.02 * up, -0.09 * up));
            let (together, apart) = (self.frown.max(0.0), (-self.frown).max(0.0));
            bump((s * 0.24, -0.30), (0.36, 0.26), (-s * 0.07 * together, 0.15 * together - 0.13 * apart));
            bump((s * 0.78, -0.30), (0.36, 0.26), (0.0, -0.10 * together + 0.06 * apart));
        }
        bump((mouth.middle, lips), (0.44, 0.28), (0.0, 0.03 * up - 0.06 * down));
        Bent { expression: self, mouth, soft: 0.5 / cast.face.between(), bumps }
    }
}

impl Bent {
    /// What to show at a place of the picture, where the skin there comes from, and its light.
    pub(super) fn shown(&self, cast: &Cast, p: Vec2) -> (Seen, Vec2, Light) {
        let seen = self.seen(measure(&cast.face, p));
        let from = cast.face.at(seen.skin.x, seen.skin.y);
        (seen, from, cast.figure_at(from))
    }

    /// What to show at a place, in the face's measure.
    pub(super) fn seen(&self, q: Vec2) -> Seen {
        if q.x.abs() > 1.6 || !(-1.2..2.9).contains(&q.y) {
            return Seen { skin: q, inside: (0.0, q) };
        }
        let mut seen = self.opened(self.bumps.iter().fold(q, |at, bump| at - bump.push * bump.share(q)));
        for s in [-0.5, 0.5] {
            let lid =
                Bump { at: vec2(s, 0.0), reach: vec2(0.42, 0.3), push: vec2(0.0, 0.0) }.share(seen.skin);
            seen.skin.y += seen.skin.y * 1.6 * self.expression.squint * lid;
        }
        seen
    }

    /// The mouth closed and opened, with the corners where they are in the picture.
    fn opened(&self, q: Vec2) -> Seen {
        let e = &self.expression;
        let across = (q.x - self.mouth.middle) / self.mouth.half;
        let gone = e.close * self.mouth.gap(q.x) * smoothstep(1.25, 1.0, across.abs());
        let line = self.mouth.line.at(q.x) - gone;
        let jaw = (1.0 - (q.x / 1.15).powi(2)).max(0.0).powf(1.3) * smoothstep(2.8, 1.75, q.y);
        let arch = (1.0 - across * across).max(0.0).sqrt();
        let smooth = smoothstep(line - 0.3, line + 0.45, q.y) * (1.0 - arch) * 0.7;
        let whole = e.open * jaw * arch;
        let drop =
            if q.y > line { mix(e.open * jaw * smooth, e.open * jaw, arch) } else { e.open * jaw * smooth };
        let depth = (q.y - line).min(line + drop - q.y);
        let covered = if whole > 0.0 { smoothstep(-self.soft, self.soft, depth) } else { 0.0 };
        let down = (q.y - line) / whole.max(1e-4);
        // Behind the edge of the opening lies the nearer lip.
        let y =
            if q.y <= line || covered > 0.0 && down < 0.5 { q.y.min(line) } else { (q.y - drop).max(line) };
        // What comes up over the gap is stretched from the chin.
        let up = if y > line { gone * smoothstep(line + 0.75, line, y) } else { 0.0 };
        let skin = vec2(q.x, y + up);
        Seen { skin, inside: (covered, vec2(across, down.clamp(0.0, 1.0))) }
    }

    /// Lays the inside of the opened mouth over the skin's light.
    pub(super) fn over(&self, seen: &Seen, skin: Light, lit: Rgb) -> Light {
        let (covered, at) = seen.inside;
        if covered > 0.0 { over(skin, solid(self.inside(at, lit), covered)) } else { skin }
    }

    /// How much of a place of the picture is teeth, or the inside of its open mouth.
    pub(super) fn bared(&self, q: Vec2) -> f32 {
        let across = ((q.x - self.mouth.middle) / self.mouth.half).abs();
        let depth = (self.mouth.line.at(q.x) - q.y).min(q.y - self.mouth.line.at(q.x) + self.mouth.gap(q.x));
        smoothstep(-0.01, 0.03, depth) * smoothstep(1.1, 0.95, across)
    }

    /// Light of the inside of the mouth: teeth above, then dark, a tongue below. Where the picture shows teeth, no others
    /// are drawn above.
    fn inside(&self, at: Vec2, lit: Rgb) -> Rgb {
        let e = &self.expression;
        let (dark, tongue) = (hex(0x2c_0808), hex(0xa8_4a48));
        let mut colour: Rgb = std::array::from_fn(|c| {
            mix(dark[c], tongue[c], smoothstep(0.55, 0.95, at.y) * smoothstep(0.85, 0.3, at.x.abs()))
        });
        let gap = 0.75 + 0.25 * (at.x * 17.0).cos().abs().powf(0.3);
        let (both, own) = (e.teeth > 0.45, self.mouth.apart.is_some() && e.close < 0.5);
        let upper =
            if own { 0.0 } else { smoothstep(0.03, 0.0, at.y - e.teeth * (0.95 - 0.35 * at.x * at.x)) };
        let begin = if own { 0.25 } else { 0.55 };
        let lower = if both { smoothstep(-0.03, 0.0, at.y - begin) } else { 0.0 };
        let teeth = upper.max(lower) * smoothstep(1.0, 0.9, at.x.abs());
        let between = if both && !own { smoothstep(0.0, 0.05, (at.y - 0.5).abs()) } else { 1.0 };
        let white = hex(0xf4_eee4).map(|c| c * gap * between * mix(1.0, 0.55, at.x.abs()));
        colour = std::array::from_fn(|c| mix(colour[c], white[c], teeth));
        let rim = smoothstep(0.0, 0.12, 1.0 - at.x.abs()) * mix(0.6, 1.0, smoothstep(0.0, 0.1, at.y));
        std::array::from_fn(|c| colour[c] * lit[c] * rim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mouth::Arc;

    fn bent(expression: Expression, apart: Option<Arc>) -> Bent {
        let mouth = Mouth { line: Arc { row: 1.2, curve: -0.4 }, apart, middle: 0.05, half: 0.4 };
        Bent { expression, mouth, soft: 0.005, bumps: Vec::new() }
    }

    const TEETH: Option<Arc> = Some(Arc { row: 1.05, curve: -0.2 });

    #[test]
    fn a_mouth_opens_along_its_own_line_and_leaves_what_is_above() {
        let bent = bent(Expression { open: 0.4, ..Expression::default() }, TEETH);
        for x in [-0.15, 0.05, 0.25] {
            let line = 1.2 - 0.4 * x * x;
            let teeth = bent.seen(vec2(x, line - 0.03));
            assert!(teeth.inside.0 < 0.1 && (teeth.skin.y - line + 0.03).abs() < 0.01, "teeth stay at {x}");
            assert!(bent.seen(vec2(x, line + 0.03)).inside.0 > 0.9, "closed at {x}");
            let chin = bent.seen(vec2(x, 1.75));
            assert!(chin.inside.0 < 0.1 && chin.skin.y < 1.6, "the jaw goes down at {x}");
        }
        assert!(bent.seen(vec2(0.5, 1.2)).inside.0 < 0.1, "beside the corner");
    }

    #[test]
    fn lips_that_are_apart_come_together() {
        let bent = bent(Expression { close: 1.0, ..Expression::default() }, TEETH);
        assert!(bent.seen(vec2(0.05, 1.04)).skin.y < 1.05, "the upper lip stays");
        let lower = bent.seen(vec2(0.05, 1.06));
        assert!(lower.skin.y > 1.19 && lower.inside.0 < 0.1, "the lower lip comes up, {}", lower.skin.y);
        assert!((bent.seen(vec2(0.05, 2.2)).skin.y - 2.2).abs() < 0.01, "the neck stays");
    }
}
