//! Putting it together at the input's size: the person, old clothes painted over, new ones laid on, and in front again
//! what belongs there.

use atelier_domain::{CancelToken, Picture};
use rayon::prelude::*;

use crate::colour::{Rgb, linear, srgb};
use crate::eyes::Person;
use crate::eyes::body::level;
use crate::fit::Place;
use crate::geometry::{smoothstep, vec2};
use crate::raster::{Followed, Grid, Guide, Mask, Plane, blur, grow};
use crate::shade::Light;
use crate::undress::Undressed;
use crate::warp::Layer;

/// What of the person lies in front of new clothes, on the small grid.
pub(crate) struct Fronts {
    /// Face and hair: in front of everything.
    pub(crate) head: Mask,
    /// The neck: in front of the back of a collar.
    pub(crate) neck: Mask,
    /// Bare forearms and hands: in front of the trunk and of trousers.
    pub(crate) arms: Mask,
    /// The old top where it stays, and everything above the old waistband: in front of new trousers.
    pub(crate) top: Mask,
}

impl Fronts {
    /// Sorts the person's pixels; `replaces` says which old clothes go.
    pub(crate) fn find(person: &Person, undressed: &Undressed, replaces: [bool; 2]) -> Self {
        let body = &person.body;
        let (width, height) = (person.picture.width, person.picture.height);
        let head = Mask::from_fn(width, height, |x, y| {
            let near = (x as f32 - body.head.x).abs() < 0.6 * body.head.height;
            let face = (y as f32) < body.chin && near && person.figure.mask.at(x, y);
            person.hair.at(x, y) || face
        });
        let arms = Mask::from_fn(width, height, |x, y| {
            let point = vec2(x as f32, y as f32);
            let removed = undressed.remove.at(x, y);
            let skin = person.skin.likely.at(x, y) > 0.45 && !removed;
            let painted = removed && undressed.bare(point) > 0.5;
            (skin || painted)
                && body.arms.iter().any(|arm| {
                    let ease = if skin { -0.12 * body.unit } else { 0.0 };
                    arm.fore_depth(point) > ease || (arm.depth(point) > ease && beyond_shoulder(arm, point))
                })
        });
        // Where the old top stays, new trousers begin no higher than the old ones are seen.
        let begin = person.clothes.lower.bounds().map_or(0, |[_, y0, _, _]| y0);
        let top =
            Mask::from_fn(width, height, |x, y| !replaces[0] && (y < begin || person.clothes.upper.at(x, y)));
        let neck = Mask::from_fn(width, height, |x, y| {
            let point = vec2(x as f32, y as f32);
            let near =
                (point.x - body.head.x).abs() < 0.45 * body.unit && point.y < body.level(level::ARMPIT);
            let removed = undressed.remove.at(x, y);
            let painted = removed && undressed.bare(point) > 0.5;
            near && (painted || (!removed && person.figure.mask.at(x, y)))
        });
        let neck = grow(&grow(&neck, 2.0), -2.0);
        Self { head, neck, arms, top }
    }

    /// All of it in one plane, for shadows.
    pub(crate) fn all(&self, figure: &Mask) -> Plane {
        let bare = self.head.zip(&self.arms, |a, b| a || b);
        blur(&bare.zip(&self.top, |a, b| a || b).and(figure).plane(), 0.7)
    }
}

/// Past the first third of the upper arm.
fn beyond_shoulder(arm: &crate::eyes::limbs::Arm, point: crate::geometry::Vec2) -> bool {
    let (_, t) = crate::geometry::to_segment(point, arm.shoulder, arm.elbow);
    t > 0.45
}

/// A small mask that follows the picture's edges at full size, and where it matters at all.
struct Edge {
    followed: Followed,
    /// 1 well inside, 0 well outside, between where the picture decides.
    band: Plane,
}

impl Edge {
    fn new(guide: &Guide<'_>, mask: &Mask) -> Self {
        let (inner, outer) = (grow(mask, -2.0), grow(mask, 2.0));
        let band = inner.zip(&outer, |inner, outer| {
            if inner {
                1.0
            } else if outer {
                0.5
            } else {
                0.0
            }
        });
        Self { followed: guide.follow(&mask.plane()), band }
    }

    fn at(&self, person: &Person, x: usize, y: usize, rgb: Rgb) -> f32 {
        let (sx, sy) = person.frame.to_small(x as f32, y as f32);
        let band = self.band.sample(sx, sy);
        if band <= 0.0 || band >= 1.0 {
            return band;
        }
        let followed = smoothstep(0.2, 0.8, self.followed.full(person.frame, x, y, rgb));
        followed.clamp((band - 0.5).max(0.0) * 2.0, (band * 2.0).min(1.0))
    }
}

/// Everything that the last step needs.
pub(crate) struct Scene<'a> {
    pub(crate) picture: &'a Picture,
    pub(crate) person: &'a Person,
    pub(crate) undressed: &'a Undressed,
    pub(crate) fronts: &'a Fronts,
    pub(crate) layers: &'a [(Place, Layer)],
    pub(crate) light: &'a Light,
}

/// Coverage of all layers before the body, on the small grid.
pub(crate) fn coverage(person: &Person, layers: &[(Place, Layer)]) -> Plane {
    Grid::par_from_fn(person.picture.width, person.picture.height, |x, y| {
        let full = person.frame.to_full(vec2(x as f32, y as f32));
        let (x, y) = (full.x.max(0.0) as usize, full.y.max(0.0) as usize);
        // The back of a collar lies behind the neck and casts no shadow on it.
        let fronts = layers.iter().filter(|(place, _)| *place != Place::Behind);
        fronts.map(|(_, layer)| layer.at(x, y)[3]).fold(0.0, f32::max)
    })
}

impl Scene<'_> {
    /// The finished pixels, RGBA at the size of the input. Left unfinished when cancelled.
    pub(crate) fn compose(&self, cancel: &CancelToken) -> Vec<u8> {
        let width = self.picture.width() as usize;
        let guide = Guide::new(&self.person.picture, 3, 2e-4);
        let edge = |mask: &Mask| Edge::new(&guide, mask);
        let ((head, neck, arms), (top, kept)) = rayon::join(
            || (edge(&self.fronts.head), edge(&self.fronts.neck), edge(&self.fronts.arms)),
            || (edge(&self.fronts.top), edge(&self.undressed.kept)),
        );
        let mut rgba = self.picture.rgba().to_vec();
        rgba.par_chunks_mut(width * 4 * 16).enumerate().for_each(|(band, rows)| {
            if cancel.is_cancelled() {
                return;
            }
            for (i, pixel) in rows.chunks_exact_mut(4).enumerate() {
                let (x, y) = (i % width, band * 16 + i / width);
                self.pixel(pixel, [x, y], [&head, &neck, &arms, &top, &kept]);
            }
        });
        rgba
    }

    fn pixel(&self, pixel: &mut [u8], [x, y]: [usize; 2], [head, neck, arms, top, kept]: [&Edge; 5]) {
        let person = self.person;
        let srgb_in: Rgb = std::array::from_fn(|c| f32::from(pixel[c]) / 255.0);
        let (sx, sy) = person.frame.to_small(x as f32, y as f32);
        let mut removed = self.undressed.reach.sample(sx, sy);
        if removed > 0.0 {
            removed *= 1.0 - kept.at(person, x, y, srgb_in);
        }
        let contact = self.light.contact.sample(sx, sy);
        let covered = self.layers.iter().any(|(_, layer)| layer.at(x, y)[3] > 0.0);
        if removed <= 0.0 && contact > 0.999 && !covered {
            return;
        }
        let own: Rgb = std::array::from_fn(|c| linear(pixel[c]));
        let mut light = own;
        if removed > 0.0 {
            let bare = self.undressed.bare(vec2(sx, sy));
            let (skin, behind) = (self.undressed.skin.sample(sx, sy), self.undressed.behind.sample(sx, sy));
            for c in 0..3 {
                let fill = behind[c] + (skin[c] - behind[c]) * bare;
                light[c] += (fill - light[c]) * removed;
            }
        }
        light = light.map(|c| c * contact);
        if covered {
            let in_head = head.at(person, x, y, srgb_in);
            let in_arm = arms.at(person, x, y, srgb_in);
            let shade = self.light.cloth.sample(sx, sy);
            for (place, layer) in self.layers {
                let cloth = layer.at(x, y);
                let front = match place {
                    Place::Behind => in_head.max(neck.at(person, x, y, srgb_in)),
                    Place::Torso => in_head.max(in_arm),
                    Place::Sleeve => in_head,
                    Place::Legs => in_head.max(in_arm).max(top.at(person, x, y, srgb_in)),
                };
                let alpha = cloth[3] * (1.0 - front);
                for c in 0..3 {
                    light[c] += (cloth[c] * shade - light[c]) * alpha;
                }
            }
        }
        for c in 0..3 {
            pixel[c] = srgb(light[c]);
        }
    }
}
