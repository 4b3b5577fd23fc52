//! The person and the place, taken apart for animation: a plate without the person, the person cut out of it, and the
//! landmarks, all at the clip's size.
//!
//! Decided here: the cut-out is what the picture has more than the plate, so that laying one over the other unmoved gives
//! the picture back exactly; that is every clip's first frame.

use atelier_domain::{CancelToken, Picture, RunError};

use crate::colour::{Rgb, difference, linear_from_srgb, oklab};
use crate::effects::frame::Light;
use crate::eyes::body::{Body, Head, SIDES, sign};
use crate::eyes::limbs::{Arm, Leg};
use crate::eyes::{self, Person};
use crate::face::{self, Face};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::mouth::Mouth;
use crate::raster::{Frame, Grid, Guide, Mask, Plane, blur, components, grow, shrink, spread};

/// Everything an effect moves.
pub(crate) struct Cast {
    pub(crate) size: [usize; 2],
    /// The picture in linear light.
    pub(crate) picture: Grid<Rgb>,
    /// The same without the person.
    pub(crate) plate: Grid<Rgb>,
    /// The person, premultiplied.
    pub(crate) figure: Grid<Light>,
    /// Left, top, right and bottom around the person; without end where a side of the picture cuts it.
    bounds: [f32; 4],
    /// Between clip pixels and the grid that the eyes worked on.
    pub(crate) frame: Frame,
    pub(crate) person: Person,
    /// In clip pixels.
    pub(crate) body: Body,
    /// In clip pixels.
    pub(crate) face: Face,
    pub(crate) mouth: Mouth,
    /// Share of hair, soft, on the small grid.
    pub(crate) hair: Plane,
}

/// Short side of clips, in pixels: of large inputs, and of others.
const SHORT: [u32; 2] = [720, 480];
/// No side is longer.
const LONG: f32 = 1280.0;

/// Even sides with the input's shape: 720p from inputs that have as much, else 480p.
pub(crate) fn size(picture: &Picture) -> [usize; 2] {
    let (width, height) = (picture.width(), picture.height());
    let short = if width.min(height) >= SHORT[0] { SHORT[0] } else { SHORT[1] };
    let scale = (short as f32 / width.min(height) as f32).min(LONG / width.max(height) as f32);
    [width, height].map(|side| ((side as f32 * scale / 2.0).round() as usize).max(8) * 2)
}

impl Cast {
    /// Looks at the picture and takes it apart.
    pub(crate) fn new(picture: &Picture, cancel: &CancelToken) -> Result<Self, RunError> {
        let person = eyes::look(picture, cancel)?;
        let face = face::find(picture, &person);
        cancel.check()?;
        let size = size(picture);
        let sharp = resized(picture, size);
        let small = [person.picture.width, person.picture.height];
        let frame = Frame { factor: [0, 1].map(|i| size[i] as f32 / small[i] as f32) };
        let matte = matte(&sharp, &person, frame);
        cancel.check()?;
        let light = sharp.map(|rgb| rgb.map(linear_from_srgb));
        let plate = plate(&light, &person, frame);
        let figure = Grid::par_from_fn(size[0], size[1], |x, y| {
            let (share, own, behind) = (matte.at(x, y), light.at(x, y), plate.at(x, y));
            let more = |c: usize| (own[c] - (1.0 - share) * behind[c]).max(0.0);
            [more(0), more(1), more(2), share]
        });
        let factor = size[1] as f32 / picture.height() as f32;
        let face = Face { eyes: face.eyes.map(|eye| eye * factor), top: face.top * factor, ..face };
        let body = grounded(scaled(&person.body, frame, size[1]), &face);
        let mouth = Mouth::find(|across, down| {
            let at = face.at(across, down);
            light.sample(at.x, at.y)
        });
        let bounds = bounds(&figure);
        let hair = blur(&person.hair.plane(), 1.0);
        Ok(Self { size, picture: light, plate, figure, bounds, frame, person, body, face, mouth, hair })
    }

    pub(crate) fn width(&self) -> f32 {
        self.size[0] as f32
    }

    pub(crate) fn height(&self) -> f32 {
        self.size[1] as f32
    }

    pub(crate) fn middle(&self) -> Vec2 {
        vec2(self.width(), self.height()) * 0.5
    }

    /// One head height, in pixels.
    pub(crate) fn unit(&self) -> f32 {
        self.face.unit()
    }

    /// Whether only the upper part of the body is in the picture.
    pub(crate) fn portrait(&self) -> bool {
        self.body.level(eyes::body::level::HIP) > self.height()
    }

    /// The middle of the trunk in a row, never far from below the head: a background taken for an arm draws it aside.
    pub(crate) fn axis(&self, y: f32) -> f32 {
        let (x, play) = (self.body.head.x, 0.15 * self.unit());
        self.body.spine(y).clamp(x - play, x + play)
    }

    /// The person at a place of the picture; beyond a side that cuts the person it goes on.
    pub(crate) fn figure_at(&self, p: Vec2) -> Light {
        if self.inside(p, 0.0) { self.figure.sample(p.x, p.y) } else { [0.0; 4] }
    }

    fn inside(&self, p: Vec2, reach: f32) -> bool {
        let [left, top, right, bottom] = self.bounds;
        p.x > left - reach && p.x < right + reach && p.y > top - reach && p.y < bottom + reach
    }

    /// Whether something of the person lies within some heads of a place of the picture.
    pub(crate) fn within(&self, p: Vec2, heads: f32) -> bool {
        self.inside(p, heads * self.unit())
    }

    /// Whether something worn by the person can be at a place of the picture.
    pub(crate) fn near(&self, p: Vec2) -> bool {
        self.within(p, 1.1)
    }

    /// A layer of something worn; nothing is looked up where it cannot be.
    pub(crate) fn near_figure(&self, p: Vec2, layer: impl Fn(Vec2) -> Light) -> Light {
        if self.near(p) { layer(p) } else { [0.0; 4] }
    }

    /// The plate at a place of the picture.
    pub(crate) fn plate_at(&self, p: Vec2) -> Rgb {
        self.plate.sample(p.x, p.y)
    }

    /// A plane of the small grid at a place of the picture.
    pub(crate) fn small(&self, plane: &Plane, p: Vec2) -> f32 {
        let (x, y) = self.frame.to_small(p.x, p.y);
        plane.sample(x, y)
    }

    /// A small mask at the clip's size, following the picture's edges.
    pub(crate) fn sharpened(&self, mask: &Mask) -> Plane {
        let guide = Guide::new(&self.person.picture, 3, 2e-4);
        let followed = guide.follow(&mask.plane());
        let near = blur(&grow(mask, 2.0).plane(), 1.0);
        Grid::par_from_fn(self.size[0], self.size[1], |x, y| {
            let near = self.small(&near, vec2(x as f32, y as f32));
            if near <= 0.0 {
                return 0.0;
            }
            let rgb = self.picture.at(x, y).map(|c| c.max(0.0).powf(1.0 / 2.2));
            near * smoothstep(0.15, 0.85, followed.full(self.frame, x, y, rgb))
        })
    }
}

/// The picture at another size on white, sRGB in `0..=1`.
fn resized(picture: &Picture, [width, height]: [usize; 2]) -> Grid<Rgb> {
    let long = width.max(height);
    let (copy, _) = shrink(picture, long);
    let (sx, sy) = (copy.width as f32 / width as f32, copy.height as f32 / height as f32);
    Grid::par_from_fn(width, height, |x, y| {
        let [r, g, b, a] = copy.sample((x as f32 + 0.5) * sx - 0.5, (y as f32 + 0.5) * sy - 0.5);
        [r, g, b].map(|c| c * a + 1.0 - a)
    })
}

/// How much of each pixel is person: sure inside and outside, and between them by how far the colour is from the
/// background's towards the nearest sure part of the person.
fn matte(sharp: &Grid<Rgb>, person: &Person, frame: Frame) -> Plane {
    let mask = &person.figure.mask;
    let mask = &mask.without(&gaps(person));
    let (inner, outer) = (grow(mask, -2.0), grow(mask, 2.5));
    let near = spread(&person.picture, &inner, 1.5).map(oklab);
    let behind = person.behind().map(oklab);
    let guide = Guide::new(&person.picture, 3, 2e-4);
    let followed = guide.follow(&mask.plane());
    let (inner, outer) = (blur(&inner.plane(), 0.8), blur(&outer.plane(), 0.8));
    Grid::par_from_fn(sharp.width, sharp.height, |x, y| {
        let (sx, sy) = frame.to_small(x as f32, y as f32);
        let (low, high) = (inner.sample(sx, sy), outer.sample(sx, sy));
        if low >= 0.999 || high <= 0.001 {
            return high.round();
        }
        let rgb = sharp.at(x, y);
        let own = oklab(rgb);
        let (ground, body) = (behind.sample(sx, sy), near.sample(sx, sy));
        let span = difference(ground, body);
        let away = difference(own, ground) / span.max(0.02);
        let told = smoothstep(0.08, 0.75, away);
        let smooth = smoothstep(0.2, 0.8, followed.full(frame, x, y, rgb));
        let share = mix(smooth, told, smoothstep(0.06, 0.2, span) * 0.85);
        mix(share * smoothstep(0.0, 0.5, high), 1.0, smoothstep(0.5, 1.0, low))
    })
}

/// Background that shows between arm and body, or between the legs, and was taken for person.
fn gaps(person: &Person) -> Mask {
    let body = &person.body;
    let (mask, behind) = (&person.figure.mask, person.behind());
    let alike = Mask::from_fn(mask.width, mask.height, |x, y| {
        let trunk = (y as f32) < body.crotch && {
            let [left, right] = body.edges(y as f32);
            (left..right).contains(&(x as f32))
        };
        let below = y as f32 > body.shoulder() + 0.5 * body.unit;
        let off = difference(oklab(person.picture.at(x, y)), oklab(behind.at(x, y)));
        mask.at(x, y) && below && !trunk && off < 0.035
    });
    let solid = grow(&grow(&alike, -1.0), 1.6).and(&alike);
    let (labels, sizes) = components(&solid);
    let least = (0.03 * body.unit * body.unit) as usize;
    labels.map(|label| label != 0 && sizes[label as usize] > least)
}

/// The picture with the person painted over by what is known of the background.
fn plate(light: &Grid<Rgb>, person: &Person, frame: Frame) -> Grid<Rgb> {
    // Loose hair reaches further out than the mask.
    let hair = grow(&person.hair, 0.22 * person.body.head.height);
    let mask = grow(&person.figure.mask, 5.0).zip(&hair, |near, hair| near || hair);
    let gone = blur(&mask.plane(), 2.5);
    let known = grow(&mask, 2.0).map(|inside| !inside);
    let behind = spread(&person.picture.map(|rgb| rgb.map(linear_from_srgb)), &known, 2.0);
    Grid::par_from_fn(light.width, light.height, |x, y| {
        let (sx, sy) = frame.to_small(x as f32, y as f32);
        let share = smoothstep(0.05, 0.6, gone.sample(sx, sy));
        let (own, fill) = (light.at(x, y), behind.sample(sx, sy));
        std::array::from_fn(|c| mix(own[c], fill[c], share))
    })
}

/// The box around what is covered at all.
fn bounds(figure: &Grid<Light>) -> [f32; 4] {
    let (right, bottom) = (figure.width - 1, figure.height - 1);
    let Some([x0, y0, x1, y1]) = figure.map(|light| light[3] > 0.0).bounds() else { return [0.0; 4] };
    let open = |at_side: bool, place: f32, beyond: f32| if at_side { beyond } else { place };
    [
        open(x0 == 0, x0 as f32 - 1.0, f32::NEG_INFINITY),
        // Above, little more than hair can be missing.
        open(y0 == 0, y0 as f32 - 1.0, -0.03 * figure.height as f32),
        open(x1 > right, x1 as f32, f32::INFINITY),
        open(y1 > bottom, y1 as f32, f32::INFINITY),
    ]
}

/// The landmarks in clip pixels.
fn scaled(body: &Body, frame: Frame, rows: usize) -> Body {
    let point = |p: Vec2| frame.to_full(p);
    let (wide, tall) = (frame.factor[0], frame.factor[1]);
    let arm = |arm: Arm| Arm {
        shoulder: point(arm.shoulder),
        elbow: point(arm.elbow),
        wrist: point(arm.wrist),
        hand: point(arm.hand),
        radius: arm.radius.map(|r| r * wide),
    };
    let leg = |leg: Leg| Leg { hip: point(leg.hip), knee: point(leg.knee), ankle: point(leg.ankle) };
    let across = |x: f32| point(vec2(x, 0.0)).x;
    let down = |y: f32| point(vec2(0.0, y)).y;
    let torso = (0..rows).map(|y| body.edges(frame.to_small(0.0, y as f32).1).map(across)).collect();
    let mut head = body.head;
    (head.x, head.top, head.height) = (across(head.x), down(head.top), head.height * tall);
    Body {
        head,
        chin: down(body.chin),
        unit: body.unit * tall,
        neck: body.neck.map(point),
        tips: body.tips.map(point),
        arms: body.arms.map(arm),
        legs: body.legs.map(leg),
        torso,
        sole: down(body.sole),
        crotch: down(body.crotch),
    }
}

/// The landmarks, put below the face by proportion where they do not go with it and the face is plainly seen: a busy
/// background is easier taken for a head than for two eyes.
fn grounded(body: Body, face: &Face) -> Body {
    let (unit, chin, x) = (face.unit(), face.chin().y, face.at(0.0, 0.5).x);
    let middle = f32::midpoint(body.tips[0].x, body.tips[1].x);
    let off =
        [body.chin - chin, body.head.x - x, 0.7 * (middle - x), 0.7 * (body.shoulder() - chin - 0.5 * unit)];
    let goes = off.iter().all(|off| off.abs() < 0.32 * unit) && (0.7..1.45).contains(&(body.unit / unit));
    if goes || !face.seen() {
        return body;
    }
    let at = |side: usize, out: f32, down: f32| vec2(x + sign(side) * out * unit, chin + down * unit);
    let limb = |side: usize| Arm {
        shoulder: at(side, 0.78, 0.68),
        elbow: at(side, 0.95, 2.0),
        wrist: at(side, 1.0, 3.0),
        hand: at(side, 1.0, 3.6),
        radius: [0.22, 0.17, 0.12, 0.16].map(|radius| radius * unit),
    };
    let leg =
        |side: usize| Leg { hip: at(side, 0.4, 2.7), knee: at(side, 0.4, 4.5), ankle: at(side, 0.4, 6.15) };
    Body {
        head: Head { x, top: face.top, height: chin - face.top, ..body.head },
        chin,
        unit,
        neck: SIDES.map(|side| at(side, 0.36, 0.25)),
        tips: SIDES.map(|side| at(side, 0.95, 0.5)),
        arms: SIDES.map(limb),
        legs: SIDES.map(leg),
        torso: vec![SIDES.map(|side| at(side, 0.8, 0.0).x); body.torso.len()],
        sole: chin + 6.5 * unit,
        crotch: chin + 3.1 * unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::puppet;

    #[test]
    fn what_touches_the_upper_border_is_not_drawn_out_above_it() {
        let [left, top, _, bottom] = bounds(&Grid::new(40, 100, [0.5, 0.5, 0.5, 1.0]));
        assert!(left.is_infinite() && bottom.is_infinite(), "trunk and arms go on");
        assert!((-5.0..0.0).contains(&top), "a column stands on the head, {top}");
    }

    fn sized(width: u32, height: u32) -> [usize; 2] {
        let rgba = vec![255; (width * height * 4) as usize];
        size(&Picture::from_rgba(width, height, rgba).unwrap())
    }

    #[test]
    fn large_inputs_give_720p_others_480p_and_sides_are_even() {
        assert_eq!(sized(1024, 1365), [720, 960]);
        assert_eq!(sized(1280, 720), [1280, 720]);
        assert_eq!(sized(832, 480), [832, 480]);
        assert_eq!(sized(333, 500), [480, 720]);
        assert_eq!(sized(701, 1001), [480, 686]);
        assert_eq!(sized(800, 4000), [256, 1280], "no side is longer than 1280");
    }

    #[test]
    fn a_person_cut_out_already_keeps_arms_and_legs() {
        let (canvas, _) = puppet::Person::default().draw(480, 640);
        let mut rgba = canvas.picture().rgba().to_vec();
        for (pixel, share) in rgba.chunks_exact_mut(4).zip(&canvas.figure) {
            pixel[3] = (share * 255.0) as u8;
        }
        let picture = Picture::from_rgba(480, 640, rgba).unwrap();
        let cast = Cast::new(&picture, &CancelToken::default()).unwrap();
        let shares = cast.figure.data.iter().map(|light| light[3]);
        let kept = shares.sum::<f32>() / canvas.figure.iter().sum::<f32>();
        assert!(kept > 0.95, "kept {kept}");
    }
}
