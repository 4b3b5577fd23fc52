//! What of the drawing each pixel belongs to, and the one colour of each part.
//!
//! Decided here: a drawing is made of few flat parts with smooth outlines. Where skin, hair and cloth are follows from what
//! the eyes saw and from colour; that a face is skin, whatever light falls on it, is known beforehand. Cloth is parted by its
//! colours (k-means, lightness counting less than hue, so that a fold is no part of its own). Each part's share is smoothed:
//! where two are equal runs a line.

use rayon::prelude::*;

use super::head::{self, Head};
use crate::colour::{Rgb, luminance, oklab};
use crate::face::matte::{shrunk, shrunk_plane};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::portrait::form::COARSE;
use crate::portrait::scene::{Scene, on_coarse};
use crate::raster::{Grid, Plane, blur};

/// What is not the person.
pub(super) const GROUND: usize = 0;
/// The skin within the outline of the face.
pub(super) const FACE: usize = 1;
/// All other skin.
pub(super) const BODY: usize = 2;
pub(super) const HAIR: usize = 3;
/// The first of [`CLOTHS`] colours of cloth.
pub(super) const CLOTH: usize = 4;
const CLOTHS: usize = 6;
/// How many parts there are.
pub(super) const PARTS: usize = CLOTH + CLOTHS;

/// Pixels of the portrait per pixel of the grid of parts.
pub(super) const STEP: usize = 2;

/// The parts of one drawing.
pub(super) struct Parts {
    /// How much of each there is around a pixel, adding up to 1.
    pub(super) shares: Grid<[f32; PARTS]>,
    /// The colour of each as it is in the picture, sRGB.
    pub(super) colours: [Rgb; PARTS],
    /// The person's own colours on the same grid, sRGB.
    pub(super) own: Grid<Rgb>,
}

/// Colours that tell skin, hair and cloth, in OKLab.
struct Palette {
    skin: Rgb,
    hair: Option<Rgb>,
    /// Whether hair has another colour than skin.
    told: bool,
    cloths: Vec<Rgb>,
}

impl Parts {
    pub(super) fn of(scene: &Scene<'_>, head: &Head) -> Self {
        let (mut colours, palette) = palette(scene, head);
        let size = scene.cutout.framing.coarser(STEP).size;
        let own = shrunk(&scene.cutout.colour, STEP, size);
        let alpha = shrunk_plane(&scene.cutout.alpha, STEP, size);
        let locks = Locks::of(scene);
        let labels = Grid::par_from_fn(size[0], size[1], |x, y| {
            if alpha.at(x, y) < 0.02 {
                return GROUND;
            }
            palette.part(scene, head, &locks, [x, y], own.at(x, y))
        });
        let unit = scene.unit() / STEP as f32;
        let labels = tidied(&labels, 0.011 * unit);
        let sigma = (0.0042 * unit).max(0.8);
        let alpha = blur(&alpha, sigma);
        let mut shares = shares(&labels, sigma);
        shares.data.par_iter_mut().zip(&alpha.data).for_each(|(shares, alpha)| {
            shares[GROUND] = 0.0;
            let all = shares.iter().sum::<f32>().max(1e-6);
            *shares = shares.map(|share| share * alpha / all);
            shares[GROUND] = 1.0 - alpha;
        });
        if palette.hair.is_none() {
            colours[HAIR] = colours[FACE].map(|c| 0.3 * c);
        }
        Self { shares, colours, own }
    }
}

/// Means over a neighbourhood of which part a pixel is.
fn shares(labels: &Grid<usize>, sigma: f32) -> Grid<[f32; PARTS]> {
    let planes: Vec<Plane> = (0..PARTS)
        .into_par_iter()
        .map(|part| blur(&labels.map(|label| f32::from(u8::from(label == part))), sigma))
        .collect();
    Grid::par_from_fn(labels.width, labels.height, |x, y| std::array::from_fn(|part| planes[part].at(x, y)))
}

/// Specks go to what is around them; only the person's own parts count.
fn tidied(labels: &Grid<usize>, sigma: f32) -> Grid<usize> {
    let around = shares(labels, sigma);
    Grid::par_from_fn(labels.width, labels.height, |x, y| {
        let shares = around.at(x, y);
        let most = (FACE..PARTS).max_by(|&a, &b| shares[a].total_cmp(&shares[b]));
        if shares[GROUND] > 0.98 { GROUND } else { most.unwrap_or(GROUND) }
    })
}

/// Distance of two OKLab colours, a step in lightness counting `light` times.
fn apart(a: Rgb, b: Rgb, light: f32) -> f32 {
    let (l, p, q) = ((a[0] - b[0]) * light, (a[1] - b[1]) * 2.0, (a[2] - b[2]) * 2.0);
    (l * l + p * p + q * q).sqrt()
}

/// How likely a colour is at a distance from what is expected; an odd one is still possible.
fn likelihood(distance: f32, spread: f32) -> f32 {
    (-0.5 * (distance / spread).powi(2)).exp() + 0.02
}

/// How much hair was seen, and around where.
struct Locks<'a> {
    seen: &'a Plane,
    around: Plane,
}

impl<'a> Locks<'a> {
    fn of(scene: &'a Scene<'_>) -> Self {
        Self { seen: &scene.hair, around: blur(&scene.hair, 0.07 * scene.unit() / COARSE as f32) }
    }

    /// How likely a pixel of the grid of parts is hair by its place alone. Shadows are easily taken for it; but no hair grows
    /// on a cheek or hangs before a throat unless it is a beard, what hangs over the brow comes from above, and wisps stand
    /// out where there is hair.
    fn at(&self, head: &Head, place: Vec2, [x, y]: [usize; 2]) -> f32 {
        let on = |v: usize| on_coarse(v, COARSE / STEP);
        let hair = self.seen.sample(on(x), on(y));
        if !head.seen {
            return hair;
        }
        let (beard, out) = (head.beard(place), place.x.abs());
        if head::covers(place) {
            let above = self.seen.sample(on(x), on(y) - 0.45 * head.between() / COARSE as f32);
            let hanging = if place.y < 0.35 { hair.min(above) } else { 0.0 };
            return hanging.max(hair * smoothstep(0.75, 0.95, out)).max(beard);
        }
        if throat(place) && !head.bearded() {
            return 0.0;
        }
        let wisps = 0.45 * smoothstep(0.04, 0.3, self.around.sample(on(x), on(y)));
        hair.max(beard).max(if place.y < 1.4 { wisps } else { 0.0 })
    }
}

/// Below the chin, where a shadow always lies.
fn throat(place: Vec2) -> bool {
    place.x.abs() < 0.6 && (1.5..2.9).contains(&place.y)
}

/// How likely a place shows skin, of which so much was seen there, and how likely cloth.
fn bare(head: &Head, place: Vec2, seen: f32, hair: f32) -> [f32; 2] {
    let near = (place.x / 1.5).hypot((place.y - 0.3) / 1.7) < 1.0;
    if if head.seen { head::covers(place) } else { near } {
        return [seen.max(0.9 * (1.0 - hair)), 0.0];
    }
    let above = head.seen && place.y < 0.3;
    let skin = if head.seen && throat(place) {
        seen.max(0.6)
    } else if above && !near {
        // Beside and above a head there is nothing but hair and what is worn on it.
        seen.min(0.02)
    } else {
        seen
    };
    [skin, (1.0 - skin.max(hair)).max(0.04) * if above { 0.3 } else { 1.0 }]
}

/// How far two colours are apart in hue, whatever their light.
fn off_hue(a: Rgb, b: Rgb) -> f32 {
    let share = |rgb: Rgb| rgb.map(|c| c / rgb.iter().sum::<f32>().max(0.05));
    let (a, b) = (share(a), share(b));
    (0..3).map(|c| (a[c] - b[c]).abs()).sum()
}

impl Palette {
    /// The likeliest part at a pixel of the grid of parts, with its colour in OKLab.
    fn part(&self, scene: &Scene<'_>, head: &Head, locks: &Locks<'_>, pixel: [usize; 2], rgb: Rgb) -> usize {
        let own = oklab(rgb);
        let place = head.place(vec2(pixel[0] as f32, pixel[1] as f32) * STEP as f32);
        let [sx, sy] = pixel.map(|v| on_coarse(v, COARSE / STEP));
        let (skin, hair) = (scene.skin.sample(sx, sy), locks.at(head, place, pixel));
        let face = head.seen && head::inside(place) > 0.0;
        // Hair of a skin's colour was none, or cannot be told from it.
        let hair = if face && !self.told { 0.0 } else { hair };
        let [skin, other] = bare(head, place, skin, hair);
        // Cloth in the light may have a skin's colour nearly, but not its hue.
        let hue = mix(
            1.0,
            smoothstep(0.13, 0.07, off_hue(rgb, head.skin)),
            if throat(place) { 0.0 } else { smoothstep(2.1, 2.4, place.y) },
        );
        let as_skin = skin.max(0.003) * hue.max(0.01) * likelihood(apart(own, self.skin, 0.35), 0.12);
        let as_hair =
            self.hair.map_or(0.0, |colour| hair.max(0.003) * likelihood(apart(own, colour, 0.8), 0.14));
        let cloth = self.cloths.iter().map(|cloth| apart(own, *cloth, 0.6)).enumerate();
        let (nearest, far) = cloth.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 1.0));
        let as_cloth = other * likelihood(far, 0.12);
        if as_cloth > as_skin.max(as_hair) {
            CLOTH + nearest
        } else if as_hair > as_skin {
            HAIR
        } else if face || place.y < 0.0 {
            // Above the ears nothing parts a face from other skin.
            FACE
        } else {
            BODY
        }
    }
}

/// The colour of each part in sRGB, and what tells them apart.
fn palette(scene: &Scene<'_>, head: &Head) -> ([Rgb; PARTS], Palette) {
    let size = scene.cutout.framing.coarser(COARSE).size;
    let small = shrunk(&scene.cutout.colour, COARSE, size);
    let alpha = shrunk_plane(&scene.cutout.alpha, COARSE, size);
    let (mut hair, mut cloth) = (Vec::new(), Vec::new());
    for y in 0..size[1] {
        for x in 0..size[0] {
            if alpha.at(x, y) < 0.95 {
                continue;
            }
            let full = |v: usize| (v * COARSE) as f32 + 1.5;
            let place = head.place(vec2(full(x), full(y)));
            let face = head.seen && head::covers(place);
            let (skin, locks) = (scene.skin.at(x, y), scene.hair.at(x, y));
            if face {
                // What is taken for hair on a face is its shadow.
            } else if locks > 0.7 {
                hair.push(small.at(x, y));
            } else if skin < 0.25 && locks < 0.25 {
                cloth.push(small.at(x, y));
            }
        }
    }
    let hair = middle(&mut hair, [0.25, 0.75], 40);
    let cloths = clusters(&cloth);
    let mut colours = [head.skin; PARTS];
    colours[HAIR] = hair.unwrap_or(head.skin);
    for (colour, (mean, _)) in colours[CLOTH..].iter_mut().zip(&cloths) {
        *colour = *mean;
    }
    let cloths = cloths.iter().map(|(_, lab)| *lab).collect();
    let (skin, hair) = (oklab(head.skin), hair.map(oklab));
    let told = hair.is_some_and(|hair| apart(hair, skin, 0.8) > 0.15);
    (colours, Palette { skin, hair, told, cloths })
}

/// The mean of the colours whose luminance lies between two shares of all; none of fewer than `least`.
pub(super) fn middle(colours: &mut [Rgb], [from, to]: [f32; 2], least: usize) -> Option<Rgb> {
    if colours.len() < least.max(1) {
        return None;
    }
    colours.sort_unstable_by(|a, b| luminance(*a).total_cmp(&luminance(*b)));
    let at = |share: f32| ((colours.len() as f32 * share) as usize).min(colours.len() - 1);
    let some = &colours[at(from)..=at(to)];
    Some(std::array::from_fn(|c| some.iter().map(|rgb| rgb[c]).sum::<f32>() / some.len() as f32))
}

/// Lightness counts this much in parting cloth, against twice the hue.
const LIGHT: f32 = 0.55;
/// Colours nearer than this are one cloth.
const ALIKE: f32 = 0.13;

/// The few colours that cloth has, in sRGB and OKLab: centres as far apart as possible (Gonzalez 1985), then k-means.
fn clusters(cloth: &[Rgb]) -> Vec<(Rgb, Rgb)> {
    let points: Vec<(Rgb, Rgb)> = cloth.iter().step_by(3).map(|rgb| (*rgb, oklab(*rgb))).collect();
    let Some(first) = mean(points.iter().map(|(rgb, _)| *rgb)) else { return Vec::new() };
    let mut centres = vec![(first, oklab(first))];
    for _ in 0..CLOTHS {
        for _ in 0..5 {
            let mut groups = vec![Vec::new(); centres.len()];
            for (rgb, lab) in &points {
                groups[nearest(&centres, *lab).0].push(*rgb);
            }
            // What hardly anything belongs to is no cloth.
            centres = groups
                .into_iter()
                .filter(|group| group.len() * 150 > points.len())
                .filter_map(|mut group| middle(&mut group, [0.3, 0.95], 1))
                .map(|rgb| (rgb, oklab(rgb)))
                .collect();
        }
        // The next centre is where many are far from all so far.
        let far: Vec<Rgb> =
            points.iter().filter(|(_, lab)| nearest(&centres, *lab).1 > ALIKE).map(|(rgb, _)| *rgb).collect();
        if centres.len() == CLOTHS || far.len() * 60 < points.len() {
            return centres;
        }
        let Some(next) = furthest(&far, &centres) else { return centres };
        centres.push((next, oklab(next)));
    }
    centres
}

/// Of some colours the one around which most of them lie.
fn furthest(far: &[Rgb], centres: &[(Rgb, Rgb)]) -> Option<Rgb> {
    let labs: Vec<(Rgb, Rgb)> =
        far.iter().step_by((far.len() / 200).max(1)).map(|rgb| (*rgb, oklab(*rgb))).collect();
    let weight = |lab: Rgb| {
        let near = labs.iter().filter(|(_, other)| apart(lab, *other, LIGHT) < ALIKE).count();
        near as f32 * nearest(centres, lab).1
    };
    labs.iter().max_by(|a, b| weight(a.1).total_cmp(&weight(b.1))).map(|(rgb, _)| *rgb)
}

fn nearest(centres: &[(Rgb, Rgb)], lab: Rgb) -> (usize, f32) {
    let all = centres.iter().map(|(_, centre)| apart(lab, *centre, LIGHT)).enumerate();
    all.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, f32::MAX))
}

fn mean(colours: impl Iterator<Item = Rgb>) -> Option<Rgb> {
    let mut sum = [0.0; 3];
    let mut count = 0.0_f32;
    for colour in colours {
        sum = std::array::from_fn(|c| sum[c] + colour[c]);
        count += 1.0;
    }
    (count > 0.0).then(|| sum.map(|v| v / count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_of_the_cloth_and_a_stripe_is_another() {
        let shaded: Vec<Rgb> = (0..600).map(|i| [0.72 + 0.0004 * i as f32; 3]).collect();
        assert_eq!(clusters(&shaded).len(), 1, "white cloth in a soft shadow");
        let stripes: Vec<Rgb> =
            (0..600).map(|i| if i / 30 % 2 == 0 { [0.75, 0.15, 0.12] } else { [0.9, 0.88, 0.85] }).collect();
        let mut found = clusters(&stripes);
        assert_eq!(found.len(), 2);
        found.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]));
        assert!(found[0].0[1] < 0.2 && found[1].0[1] > 0.8, "{found:?}");
        assert!(clusters(&[]).is_empty());
    }

    #[test]
    fn specks_go_to_what_is_around_them() {
        let labels = Grid::from_fn(60, 60, |x, y| if (30..32).contains(&x) && y == 30 { HAIR } else { FACE });
        assert!(tidied(&labels, 2.0).data.iter().all(|part| *part == FACE));
    }
}
