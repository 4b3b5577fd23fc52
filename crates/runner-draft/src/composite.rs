//! Putting it together at the input's size: the person, old clothes painted over, new ones laid on, and in front again
//! what belongs there.

use atelier_domain::{CancelToken, Picture};
use rayon::prelude::*;

use crate::carry::Carried;
use crate::colour::{Rgb, linear};
use crate::eyes::Person;
use crate::eyes::body::level;
use crate::feet::Feet;
use crate::fit::Place;
use crate::geometry::{Vec2, floor, smoothstep, vec2};
use crate::raster::{Followed, Grid, Guide, Mask, Plane, blur, grow};
use crate::shade::Light;
use crate::skin;
use crate::undress::Undressed;
use crate::view::View;
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
    /// Old trousers or skirts where they stay: in front of new shoes.
    pub(crate) trousers: Mask,
}

impl Fronts {
    /// Sorts the person's pixels; `replaces` says which old clothes go.
    pub(crate) fn find(person: &Person, undressed: &Undressed, replaces: [bool; 2]) -> Self {
        let body = &person.body;
        let (width, height) = (person.picture.width, person.picture.height);
        let head = Mask::par_from_fn(width, height, |x, y| {
            let near = (x as f32 - body.head.x).abs() < 0.6 * body.head.height;
            let face = (y as f32) < body.chin && near && person.figure.mask.at(x, y);
            person.hair.at(x, y) || face
        });
        let bare = bare_rows(person);
        let arms = Mask::par_from_fn(width, height, |x, y| {
            let point = vec2(x as f32, y as f32);
            let removed = undressed.remove.at(x, y);
            let [left, right] = body.edges(point.y);
            let told = !(bare[y] && (left..right).contains(&point.x));
            let skin = person.skin.likely.at(x, y) > 0.45 && !removed && told;
            let painted = removed && undressed.bare_arm(point) > 0.5;
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
        let neck = Mask::par_from_fn(width, height, |x, y| {
            let point = vec2(x as f32, y as f32);
            let near =
                (point.x - body.head.x).abs() < 0.45 * body.unit && point.y < body.level(level::ARMPIT);
            let removed = undressed.remove.at(x, y);
            let painted = removed && undressed.bare(point) > 0.5;
            near && (painted || (!removed && person.figure.mask.at(x, y)))
        });
        let neck = grow(&grow(&neck, 2.0), -2.0);
        let trousers =
            if replaces[1] { person.clothes.lower.map(|_| false) } else { person.clothes.lower.clone() };
        Self { head, neck, arms, top, trousers }
    }

    /// All of it in one plane, for shadows.
    pub(crate) fn all(&self, figure: &Mask) -> Plane {
        let bare = self.head.zip(&self.arms, |a, b| a || b);
        blur(&bare.zip(&self.top, |a, b| a || b).and(figure).plane(), 0.7)
    }
}

/// For every row whether the trunk around it looks like skin for the most part: a bare belly, or cloth of its colour.
/// No arm over it can be told from it.
fn bare_rows(person: &Person) -> Vec<bool> {
    let body = &person.body;
    let share = |y: usize| {
        let [left, right] = body.edges(y as f32);
        let margin = 0.2 * (right - left);
        let inner =
            (left + margin).max(0.0) as usize..((right - margin).max(0.0) as usize).min(person.picture.width);
        let skin = inner.clone().filter(|&x| person.skin.likely.at(x, y) > 0.45).count();
        skin as f32 / inner.len().max(1) as f32
    };
    let rows = Plane::from_fn(1, person.picture.height, |_, y| share(y));
    let around = blur(&rows, 0.25 * body.unit);
    (0..rows.height).map(|y| around.at(0, y) > 0.5).collect()
}

/// Past the first third of the upper arm.
fn beyond_shoulder(arm: &crate::eyes::limbs::Arm, point: Vec2) -> bool {
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

    /// Whether a place of the small grid is well outside.
    fn beyond(&self, [sx, sy]: [f32; 2]) -> bool {
        self.band.sample(sx, sy) <= 0.0
    }

    /// At a place of the small grid where the picture has this colour (sRGB).
    fn at(&self, [sx, sy]: [f32; 2], rgb: Rgb) -> f32 {
        let band = self.band.sample(sx, sy);
        if band <= 0.0 || band >= 1.0 {
            return band;
        }
        let followed = smoothstep(0.2, 0.8, self.followed.at(sx, sy, rgb));
        followed.clamp((band - 0.5).max(0.0) * 2.0, (band * 2.0).min(1.0))
    }
}

/// Everything that the last step needs.
pub(crate) struct Scene<'a> {
    pub(crate) picture: &'a Picture,
    pub(crate) person: &'a Person,
    pub(crate) feet: &'a Feet,
    pub(crate) undressed: &'a Undressed,
    pub(crate) fronts: &'a Fronts,
    pub(crate) layers: &'a [(Place, Layer)],
    pub(crate) light: &'a Light,
    /// What carries the background's pattern on.
    pub(crate) carried: Option<&'a Carried>,
    pub(crate) view: View,
    /// Whether the person is cut out of the background.
    pub(crate) alone: bool,
}

/// Masks that follow the picture's edges.
struct Edges {
    figure: Edge,
    head: Edge,
    neck: Edge,
    arms: Edge,
    top: Edge,
    trousers: Edge,
    kept: Edge,
}

/// Coverage of those layers that count, on the small grid.
pub(crate) fn coverage(
    person: &Person,
    layers: &[(Place, Layer)],
    view: View,
    counts: fn(Place) -> bool,
) -> Plane {
    Grid::par_from_fn(person.picture.width, person.picture.height, |x, y| {
        let full = view.target(person.frame.to_full(vec2(x as f32, y as f32)));
        if full.x < -0.5 || full.y < -0.5 {
            return 0.0;
        }
        let (x, y) = (full.x.max(0.0) as usize, full.y.max(0.0) as usize);
        let fronts = layers.iter().filter(|(place, _)| counts(*place));
        fronts.map(|(_, layer)| layer.at(x, y)[3]).fold(0.0, f32::max)
    })
}

impl Scene<'_> {
    /// The finished pixels of the view: linear light times coverage, and coverage. Left unfinished when cancelled.
    pub(crate) fn compose(&self, cancel: &CancelToken) -> Grid<[f32; 4]> {
        // What transparency hides is nobody's colour; the eyes saw white there.
        match on_white(self.picture) {
            Some(picture) => Scene { picture: &picture, ..*self }.composed(cancel),
            None => self.composed(cancel),
        }
    }

    fn composed(&self, cancel: &CancelToken) -> Grid<[f32; 4]> {
        let [width, height] = self.view.size;
        let guide = Guide::new(&self.person.picture, 3, 2e-4);
        let edge = |mask: &Mask| Edge::new(&guide, mask);
        let ((figure, head, neck), (arms, top, trousers, kept)) = rayon::join(
            || (edge(&self.feet.figure), edge(&self.fronts.head), edge(&self.fronts.neck)),
            || {
                (
                    edge(&self.fronts.arms),
                    edge(&self.fronts.top),
                    edge(&self.fronts.trousers),
                    edge(&self.undressed.kept),
                )
            },
        );
        let edges = Edges { figure, head, neck, arms, top, trousers, kept };
        let mut pixels = Grid::new(width, height, [0.0; 4]);
        pixels.data.par_chunks_mut(width * 16).enumerate().for_each(|(band, rows)| {
            if cancel.is_cancelled() {
                return;
            }
            for (i, row) in rows.chunks_exact_mut(width).enumerate() {
                for (x, pixel) in row.iter_mut().enumerate() {
                    *pixel = self.pixel([x, band * 16 + i], &edges);
                }
            }
        });
        pixels
    }

    /// The picture at a place of it: sRGB, or beyond its edge what the background would be there.
    fn seen(&self, at: Vec2, small: [f32; 2]) -> Rgb {
        let picture = self.picture;
        if !View::holds(picture, at) {
            return self.person.behind().sample(small[0], small[1]);
        }
        if self.view == View::whole(picture) {
            let i = (at.y as usize * picture.width() as usize + at.x as usize) * 4;
            return std::array::from_fn(|c| f32::from(picture.rgba()[i + c]) / 255.0);
        }
        cubic(picture, at)
    }

    fn pixel(&self, [x, y]: [usize; 2], edges: &Edges) -> [f32; 4] {
        let at = self.view.source(x, y);
        let small: [f32; 2] = self.person.frame.to_small(at.x, at.y).into();
        let mut removed = self.undressed.reach.sample(small[0], small[1]);
        let bare = || self.layers.iter().all(|(_, layer)| layer.at(x, y)[3] <= 0.0);
        if self.alone && removed <= 0.0 && edges.figure.beyond(small) && bare() {
            return [0.0; 4];
        }
        let srgb = self.seen(at, small);
        let own = srgb.map(|c| linear((c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8));
        let start = self.person_alone(own, srgb, small, edges);
        if removed > 0.0 {
            removed *= 1.0 - edges.kept.at(small, srgb);
        }
        let mut pixel = start;
        if removed > 0.0 {
            let bare = self.undressed.bare(vec2(small[0], small[1]));
            let pores = 1.0 + 0.035 * skin::mottle(small[0] * 2.3, small[1] * 2.3);
            let skin = self.undressed.skin.sample(small[0], small[1]).map(|c| c * pores);
            let behind = self.behind(at, small);
            for c in 0..3 {
                let ground = if self.alone { 0.0 } else { behind[c] };
                let fill = ground + (skin[c] - ground) * bare;
                pixel[c] += (fill - pixel[c]) * removed;
            }
            let fill = if self.alone { bare } else { 1.0 };
            pixel[3] += (fill - pixel[3]) * removed;
        }
        let contact = self.light.contact.sample(small[0], small[1]);
        (0..3).for_each(|c| pixel[c] *= contact);
        self.dress(pixel, [x, y], small, srgb, edges)
    }

    /// The background at a place, linear light: the smooth guess of it, and the pattern of where it is taken from.
    fn behind(&self, at: Vec2, small: [f32; 2]) -> Rgb {
        let smooth = |[x, y]: [f32; 2]| self.undressed.behind.sample(x, y);
        let guess = smooth(small);
        let Some(carried) = self.carried else { return guess };
        carried.at(small, |from| {
            let Some(by) = from else { return guess };
            let there = [small[0] + by.x, small[1] + by.y];
            let factor = self.person.frame.factor;
            let seen = self.seen(at + vec2(by.x * factor[0], by.y * factor[1]), there);
            let (seen, usual) =
                (seen.map(|c| linear((c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8)), smooth(there));
            std::array::from_fn(|c| (seen[c] + guess[c] - usual[c]).max(0.0))
        })
    }

    /// The old picture's share of a pixel: all of it, or what of it is person, freed of the background.
    fn person_alone(&self, own: Rgb, srgb: Rgb, small: [f32; 2], edges: &Edges) -> [f32; 4] {
        if !self.alone {
            return [own[0], own[1], own[2], 1.0];
        }
        let alpha = edges.figure.at(small, srgb);
        let behind = self.undressed.behind.sample(small[0], small[1]);
        let clean = |c: usize| (own[c] - (1.0 - alpha) * behind[c]).clamp(0.0, alpha);
        [clean(0), clean(1), clean(2), alpha]
    }

    /// Lays the new clothes over a pixel.
    fn dress(
        &self,
        mut pixel: [f32; 4],
        [x, y]: [usize; 2],
        small: [f32; 2],
        srgb: Rgb,
        edges: &Edges,
    ) -> [f32; 4] {
        let mut known: Option<(f32, f32, f32)> = None;
        for (place, layer) in self.layers {
            let cloth = layer.at(x, y);
            if cloth[3] <= 0.0 {
                continue;
            }
            let (in_head, in_arm, shade) = *known.get_or_insert_with(|| {
                let shade = self.light.cloth.sample(small[0], small[1]);
                (edges.head.at(small, srgb), edges.arms.at(small, srgb), shade)
            });
            let front = match place {
                Place::Behind => in_head.max(edges.neck.at(small, srgb)),
                Place::Torso => in_head.max(in_arm),
                Place::Sleeve => in_head,
                Place::Feet => edges.trousers.at(small, srgb),
                Place::Hand => in_arm,
                Place::Face | Place::Hat => 0.0,
                Place::Legs => in_head.max(in_arm).max(edges.top.at(small, srgb)),
            };
            let alpha = cloth[3] * (1.0 - front);
            for c in 0..3 {
                pixel[c] += (cloth[c] * shade - pixel[c]) * alpha;
            }
            pixel[3] += (1.0 - pixel[3]) * alpha;
        }
        pixel
    }
}

/// A picture that is transparent somewhere, laid on white.
fn on_white(picture: &Picture) -> Option<Picture> {
    let rgba = picture.rgba();
    if rgba.chunks_exact(4).all(|pixel| pixel[3] == 255) {
        return None;
    }
    let laid = |pixel: &[u8]| {
        let alpha = f32::from(pixel[3]) / 255.0;
        let over = |c: usize| (f32::from(pixel[c]) * alpha + 255.0 * (1.0 - alpha) + 0.5) as u8;
        [over(0), over(1), over(2), 255]
    };
    let bytes = rgba.chunks_exact(4).flat_map(laid).collect();
    Picture::from_rgba(picture.width(), picture.height(), bytes).ok()
}

/// Between pixels: Catmull-Rom, for pictures that are enlarged.
fn cubic(picture: &Picture, at: Vec2) -> Rgb {
    let ((x0, x), (y0, y)) = (floor(at.x), floor(at.y));
    let weights = |t: f32| {
        let (t2, t3) = (t * t, t * t * t);
        [
            0.5 * (2.0 * t2 - t - t3),
            0.5 * (2.0 - 5.0 * t2 + 3.0 * t3),
            0.5 * (t + 4.0 * t2 - 3.0 * t3),
            0.5 * (t3 - t2),
        ]
    };
    let (wx, wy) = (weights(x), weights(y));
    let near = |from: i32, i: usize, size: u32| {
        (from as isize + i as isize - 1).clamp(0, size as isize - 1) as usize
    };
    let mut sum = [0.0; 3];
    for (j, wy) in wy.into_iter().enumerate() {
        let row = near(y0, j, picture.height()) * picture.width() as usize;
        for (i, wx) in wx.into_iter().enumerate() {
            let start = (row + near(x0, i, picture.width())) * 4;
            let pixel = &picture.rgba()[start..start + 3];
            (0..3).for_each(|c| sum[c] += wx * wy * f32::from(pixel[c]));
        }
    }
    sum.map(|c| c / 255.0)
}
