//! What a garment's picture shows: its outline, what kind it is, and where its seams are.

mod accessory;
mod collar;
mod inside;
pub(crate) mod kind;
mod outline;
mod segment;
#[cfg(test)]
mod tests;
mod tidy;
mod upper;
mod weights;

use atelier_domain::{CancelToken, InputRole, Picture, RunError};

pub(crate) use self::accessory::{Accessory, Kind as AccessoryKind};
use self::kind::Kind;
pub(crate) use self::outline::Lower;
pub(crate) use self::upper::{Sleeve, Upper};
use crate::colour::{Rgb, linear, linear_from_srgb, oklab};
use crate::eyes;
use crate::eyes::ground::{self, Figure};
use crate::geometry::{Vec2, smoothstep, vec2};
use crate::raster::{Frame, Grid, Guide, Mask, Plane, blur, distance_to, grow, shrink, spread};

/// Pixels on the long side of the copy in which garments are studied.
const SIDE: usize = 320;

/// Below this no kind of garment is believed.
const SURE: f32 = 0.65;

/// Most of the border that a garment may reach: sleeves and legs may be cut off, walls and meadows reach further.
const BORDER: f32 = 0.1;

/// Above this the picture is taken for one of somebody, not of a garment.
const SOMEBODY: f32 = 0.8;

/// A garment that the draft can fit, with its seams on the small grid of its picture.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// Shirts, jackets and dresses: hung from the shoulders.
    Upper(Box<Upper>),
    /// Trousers and skirts: hung from the waist.
    Lower(Lower),
    /// Hats, glasses, shoes and bags.
    Accessory(Accessory),
}

/// A garment found in its picture.
pub(crate) struct Garment {
    pub(crate) shape: Shape,
    /// How sure it is of its kind, `0..=1`.
    pub(crate) sure: f32,
    pub(crate) frame: Frame,
    /// sRGB in `0..=1`.
    small: Grid<Rgb>,
    figure: Figure,
    transparent: bool,
}

/// The garment's picture at about the size in which it will be seen, ready to be bent.
pub(crate) struct Texture {
    /// Linear light without the background's share, and coverage, both in `0..=1`.
    pub(crate) colour: Grid<[f32; 4]>,
    /// Texture pixels from small-grid pixels.
    pub(crate) frame: Frame,
}

impl Shape {
    /// Points and rows of interest, for [`crate::Stages`].
    pub(crate) fn marks(&self) -> (Vec<Vec2>, Vec<f32>) {
        match self {
            Self::Upper(upper) => {
                let sleeves = upper.sleeves.iter().flatten().flat_map(|sleeve| [sleeve.outer, sleeve.inner]);
                let seams = upper.neck.into_iter().chain(upper.tips).chain(upper.armpits);
                let rows = [Some(upper.neckline), Some(upper.hem), upper.waist];
                (seams.chain(sleeves).collect(), rows.into_iter().flatten().collect())
            }
            Self::Accessory(accessory) => (Vec::new(), vec![accessory.line]),
            Self::Lower(lower) => {
                (Vec::new(), [Some(lower.top), lower.crotch, Some(lower.hem)].into_iter().flatten().collect())
            }
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Upper(upper) => {
                if upper.dress {
                    Kind::Dress
                } else {
                    Kind::Top
                }
            }
            Self::Lower(lower) => {
                if lower.crotch.is_some() {
                    Kind::Trousers
                } else {
                    Kind::Skirt
                }
            }
            Self::Accessory(accessory) => match accessory.kind {
                AccessoryKind::Hat => Kind::Hat,
                AccessoryKind::Glasses => Kind::Glasses,
                AccessoryKind::Shoes => Kind::Shoes,
                AccessoryKind::Bag => Kind::Bag,
            },
        }
    }

    /// How sure it is of each group of landmarks, `0..=1`: as far as left and right, which were read apart, agree.
    pub(crate) fn trust(&self) -> Vec<(&'static str, f32)> {
        match self {
            Self::Upper(upper) => upper.trust.to_vec(),
            Self::Lower(lower) => {
                let apart = |corner: fn(&Lower, usize) -> Vec2| {
                    let [left, right] = [0, 1].map(|side| corner(lower, side));
                    outline::agreement((left.y - right.y).abs(), lower.hem - lower.top)
                };
                vec![("waist", apart(Lower::waist_corner)), ("hem", apart(Lower::hem_corner))]
            }
            Self::Accessory(_) => Vec::new(),
        }
    }

    /// For the notes.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Upper(upper) if upper.dress => "a dress",
            Self::Upper(upper) if upper.sleeves.iter().any(Option::is_some) => "a top with sleeves",
            Self::Upper(_) => "a sleeveless top",
            Self::Lower(lower) if lower.crotch.is_some() => "trousers",
            Self::Lower(_) => "a skirt",
            Self::Accessory(accessory) => accessory.kind.name(),
        }
    }
}

/// Looks at the picture of garment `index`.
pub(crate) fn look(picture: &Picture, index: usize, cancel: &CancelToken) -> Result<Box<Garment>, RunError> {
    let unsure = |confidence: Option<f32>, reason: &str| RunError::Input {
        role: InputRole::Garment(index),
        reason: reason.to_owned(),
        confidence,
    };
    let refuse = |reason: &str| unsure(None, reason);
    let (width, height) = (picture.width(), picture.height());
    if width.min(height) < 48 {
        return Err(refuse("the picture is too small: at least 48 pixels on each side are needed"));
    }
    if width > height * 5 || height > width * 6 {
        return Err(refuse("the picture is too narrow to show a garment"));
    }
    let (small, frame) = shrink(picture, SIDE);
    let alpha = small.map(|p| p[3]);
    let on_white = small.map(|[r, g, b, a]| [r, g, b].map(|c| c * a + 1.0 - a));
    cancel.check()?;
    let pixels = alpha.data.len();
    let transparent = alpha.data.iter().filter(|&&a| a < 0.5).count() * 50 > pixels;
    let (mut figure, through) = if transparent {
        let figure = ground::from_alpha(&alpha);
        let none = figure.mask.map(|_| false);
        (figure, none)
    } else {
        segment::segment(&on_white)
    };
    cancel.check()?;
    let share = figure.mask.count() as f32 / pixels as f32;
    if share < 0.01 {
        return Err(unsure(Some(0.0), "no garment was found in the picture"));
    }
    if share > 0.93 || at_border(&figure.mask) > BORDER {
        return Err(unsure(
            Some(0.0),
            "the garment does not stand out from its background, or is cut off by the picture's border: photograph it alone and \
             whole on a plain ground",
        ));
    }
    if eyes::somebody(&on_white, cancel)? > SOMEBODY {
        return Err(refuse(
            "this picture shows a person: photograph the garment by itself, laid flat or on a hanger",
        ));
    }
    let open = figure.mask.without(&through);
    let told = outline::classify(&mut figure.mask, &open, &on_white.map(oklab));
    let told = told.filter(|told| told.sure > SURE).ok_or_else(|| {
        unsure(
            Some(0.0),
            "this does not look like a garment: show one top, dress, trousers, skirt, pair of shoes, hat, glasses or bag, \
             whole, from the front",
        )
    })?;
    if let Shape::Accessory(Accessory { kind: AccessoryKind::Glasses | AccessoryKind::Bag, .. }) = told.shape
    {
        // One looks through lenses and handles.
        figure.mask = open;
    }
    Ok(Box::new(Garment { shape: told.shape, sure: told.sure, frame, small: on_white, figure, transparent }))
}

/// Share of the picture's border that a mask covers.
fn at_border(mask: &Mask) -> f32 {
    let (width, height) = (mask.width, mask.height);
    let rows = (0..width).flat_map(|x| [(x, 1), (x, height - 2)]);
    let columns = (0..height).flat_map(|y| [(1, y), (width - 2, y)]);
    rows.chain(columns).filter(|&(x, y)| mask.at(x, y)).count() as f32 / (2 * (width + height)) as f32
}

impl Garment {
    /// What of the small picture is garment.
    pub(crate) fn outline(&self) -> &Mask {
        &self.figure.mask
    }

    /// How sure it is of its kind and that it was told from its background, `0..=1`.
    pub(crate) fn confidence(&self) -> f32 {
        self.sure * self.figure.clarity.clamp(0.0, 1.0)
    }

    /// The small picture, dimmed outside the garment, with marks over it.
    pub(crate) fn outlined(&self, mark: impl Fn(Vec2) -> Option<Rgb>) -> Grid<Rgb> {
        Grid::from_fn(self.small.width, self.small.height, |x, y| {
            let dim = if self.figure.mask.at(x, y) { 1.0 } else { 0.4 };
            let behind = match &self.shape {
                Shape::Upper(upper) => upper.back.as_ref().is_some_and(|back| back.at(x, y)),
                _ => false,
            };
            let tint = if behind { [0.3, 1.0, 0.3] } else { [dim; 3] };
            let seen = self.small.at(x, y);
            mark(vec2(x as f32, y as f32)).unwrap_or_else(|| std::array::from_fn(|c| seen[c] * tint[c]))
        })
    }

    /// Renders the garment alone, `side` pixels on the long side of its picture, with soft clean edges.
    pub(crate) fn texture(&self, picture: &Picture, side: usize, cancel: &CancelToken) -> Texture {
        let (full, _) = shrink(picture, side);
        let factor =
            [full.width as f32 / self.small.width as f32, full.height as f32 / self.small.height as f32];
        let frame = Frame { factor };
        let inside = distance_to(&self.figure.mask.map(|inside| !inside));
        let outside = distance_to(&self.figure.mask);
        let edge = inside.zip(&outside, |inside, outside| inside - outside);
        let followed = Guide::new(&self.small, 3, 1e-4).follow(&self.figure.mask.plane());
        let inner =
            spread(&self.small.map(|rgb| rgb.map(linear_from_srgb)), &grow(&self.figure.mask, -1.6), 0.3);
        let behind = ground::behind(&self.small, &self.figure.mask);
        let colour = Grid::par_from_fn(full.width, full.height, |x, y| {
            let [r, g, b, a] = full.at(x, y);
            let (sx, sy) = frame.to_small(x as f32, y as f32);
            // The outline as found lies on the outer side of blur and contact shadow.
            let depth = edge.sample(sx, sy) - 0.6;
            if depth < -2.5 || cancel.is_cancelled() {
                return [0.0; 4];
            }
            let rgb = [r, g, b];
            let light = rgb.map(|c| linear((c * 255.0 + 0.5) as u8));
            if depth > 3.0 {
                return [light[0], light[1], light[2], 1.0];
            }
            let alpha = if self.transparent {
                a
            } else {
                let soft = followed.full(frame, x, y, rgb);
                // Bright flowers on a bright ground look like ground: the outline has the last word.
                let limit = smoothstep(-1.3, 0.1, depth);
                smoothstep(0.3, 0.85, soft.max(smoothstep(1.0, 2.5, depth))).min(limit)
            };
            let behind = behind.sample(sx, sy).map(linear_from_srgb);
            let mixed = if self.transparent { 1.0 } else { alpha.max(0.3) };
            // Right at the edge nothing of the old background may be left: the cloth next to it is continued.
            let near = inner.sample(sx, sy);
            let sure = smoothstep(0.75, 1.0, alpha) * smoothstep(-0.3, 0.6, depth);
            let own: Rgb = std::array::from_fn(|c| {
                let clean = ((light[c] - (1.0 - mixed) * behind[c]) / mixed).clamp(0.0, 1.0);
                near[c] + (clean - near[c]) * sure
            });
            [own[0], own[1], own[2], alpha]
        });
        Texture { colour, frame }
    }

    /// For each small pixel of the garment's picture, how much it belongs to the torso, to either sleeve and to the back
    /// of the collar. Parts overlap by a seam's width, and go on outside the outline so that soft edges stay whole.
    pub(crate) fn parts(&self) -> [Plane; 4] {
        let Shape::Upper(upper) = &self.shape else {
            let all = self.figure.mask.map(|_| 1.0);
            return [all.clone(), all.clone(), all.clone(), all];
        };
        let back = |x: usize, y: usize| upper.back.as_ref().is_some_and(|back| back.at(x, y));
        let part =
            Grid::from_fn(self.small.width, self.small.height, |x, y| match self.figure.mask.at(x, y) {
                true if back(x, y) => 3,
                true => upper.part(vec2(x as f32, y as f32)),
                false => 5,
            });
        let shadow = distance_to(&part.map(|part| part == 4));
        let far: [Plane; 4] = [0, 1, 2, 3].map(|wanted| distance_to(&part.map(|part| part == wanted)));
        let mut parts = [0, 1, 2, 3].map(|own: usize| {
            // The body goes on under the sleeves, which are drawn over it, and the back under the front.
            let lap = [2.5, 1.2, 1.2, 3.0][own];
            let others = (0..3).filter(|&other| other != own);
            let nearest = others.map(|other| far[other].clone()).reduce(|a, b| a.zip(&b, f32::min));
            nearest.map_or_else(
                || far[own].clone(),
                |nearest| far[own].zip(&nearest, |own, other| smoothstep(-lap - 0.8, -lap, other - own)),
            )
        });
        // The front ends sharply where the back begins, inside the outline and out, and all at the shadow under an armpit.
        let share =
            |wanted: fn(usize) -> bool| blur(&part.map(|part| f32::from(u8::from(wanted(part)))), 1.2);
        let limit = share(|part| part == 3).zip(&share(|part| part < 3), |back, front| {
            smoothstep(0.3, 0.7, (front + 1e-4) / (front + back + 1e-4))
        });
        let limit = limit.zip(&shadow, |own, shadow| own * smoothstep(0.0, 1.0, shadow));
        for front in &mut parts[..3] {
            *front = front.zip(&limit, |share, limit| share * limit);
        }
        parts
    }
}
