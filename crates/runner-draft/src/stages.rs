//! A look inside a run, for people who tune it: how long each step took and what it found.

use std::time::Instant;

use atelier_domain::Picture;

use crate::colour::srgb;
use crate::composite::Fronts;
use crate::eyes::Person;
use crate::face::Face;
use crate::face::matte::Cutout;
use crate::garment::Garment;
use crate::geometry::{Vec2, to_segment, vec2};
use crate::raster::Grid;
use crate::shade::Light;
use crate::undress::Undressed;

/// Filled by [`crate::DraftRunner::run_with_stages`].
#[derive(Debug, Default)]
pub struct Stages {
    /// Each step's name and its milliseconds, in order.
    pub times: Vec<(&'static str, f64)>,
    /// Named pictures of what was found, on the small working grid; only if asked for.
    pub pictures: Vec<(&'static str, Picture)>,
    wanted: bool,
}

impl Stages {
    /// One that also collects pictures.
    pub fn with_pictures() -> Self {
        Self { wanted: true, ..Self::default() }
    }

    pub(crate) fn took(&mut self, stage: &'static str, clock: &mut Instant) {
        self.times.push((stage, clock.elapsed().as_secs_f64() * 1e3));
        *clock = Instant::now();
    }

    fn keep(&mut self, name: &'static str, grid: &Grid<[f32; 3]>) {
        let bytes = grid.data.iter().flat_map(|rgb| {
            let [r, g, b] = rgb.map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
            [r, g, b, 255]
        });
        if let Ok(picture) = Picture::from_rgba(grid.width as u32, grid.height as u32, bytes.collect()) {
            self.pictures.push((name, picture));
        }
    }

    /// The person cut out, on green, with the face's landmarks.
    pub(crate) fn cutout(&mut self, cutout: &Cutout, face: &Face) {
        if !self.wanted {
            return;
        }
        let unit = face.unit() / cutout.framing.scale;
        let marks =
            [face.eyes[0], face.eyes[1], face.mouth(), face.chin()].map(|m| cutout.framing.to_frame(m));
        let drawn = Grid::from_fn(cutout.colour.width, cutout.colour.height, |x, y| {
            let point = vec2(x as f32, y as f32);
            if marks.iter().any(|mark| (*mark - point).length() < 0.012 * unit) {
                return [1.0, 0.0, 0.0];
            }
            let (own, alpha) = (cutout.colour.at(x, y), cutout.alpha.at(x, y));
            std::array::from_fn(|c| own[c] * alpha + [0.0, 0.7, 0.2][c] * (1.0 - alpha))
        });
        self.keep("cutout", &drawn);
    }

    /// Regions in false colours, and bones over the picture.
    pub(crate) fn person(&mut self, person: &Person) {
        if !self.wanted {
            return;
        }
        let regions = Grid::from_fn(person.picture.width, person.picture.height, |x, y| {
            let skin = person.skin.likely.at(x, y);
            let base = if person.hair.at(x, y) {
                [0.45, 0.25, 0.1]
            } else if person.clothes.upper.at(x, y) {
                [0.2, 0.4, 0.9]
            } else if person.clothes.lower.at(x, y) {
                [0.2, 0.7, 0.3]
            } else if person.figure.mask.at(x, y) {
                [0.5; 3]
            } else {
                person.behind().at(x, y).map(|c| c * 0.3)
            };
            [base[0] + (1.0 - base[0]) * skin, base[1] * (1.0 - 0.3 * skin), base[2] * (1.0 - skin)]
        });
        self.keep("regions", &regions);
        let body = &person.body;
        let mut bones: Vec<(Vec2, Vec2)> = Vec::new();
        for arm in &body.arms {
            bones.extend([(arm.shoulder, arm.elbow), (arm.elbow, arm.wrist), (arm.wrist, arm.hand)]);
        }
        for leg in &body.legs {
            bones.extend([(leg.hip, leg.knee), (leg.knee, leg.ankle)]);
        }
        bones.push((body.neck[0], body.tips[0]));
        bones.push((body.neck[1], body.tips[1]));
        for row in [body.head.top, body.chin, person.clothes.hem, body.crotch, body.sole] {
            bones.push((vec2(body.head.x - 0.5 * body.unit, row), vec2(body.head.x + 0.5 * body.unit, row)));
        }
        let drawn = Grid::from_fn(person.picture.width, person.picture.height, |x, y| {
            let point = vec2(x as f32, y as f32);
            let edge = body.edges(point.y).iter().any(|edge| (edge - point.x).abs() < 0.6);
            let bone = bones.iter().any(|(from, to)| to_segment(point, *from, *to).0 < 0.7);
            if bone {
                [1.0, 0.1, 0.1]
            } else if edge {
                [0.1, 1.0, 1.0]
            } else {
                person.picture.at(x, y)
            }
        });
        self.keep("bones", &drawn);
    }

    /// A garment's outline and seams.
    pub(crate) fn garment(&mut self, garment: &Garment) {
        if !self.wanted {
            return;
        }
        let (points, rows) = garment.shape.marks();
        let drawn = garment.outlined(|point| {
            let on = points.iter().any(|mark| (*mark - point).length() < 2.0);
            let row = rows.iter().any(|row| (row - point.y).abs() < 0.5);
            (on || row).then_some([1.0, 0.0, 0.0])
        });
        self.keep("garment", &drawn);
    }

    /// What is painted over, what stays in front, and the light.
    pub(crate) fn light(&mut self, person: &Person, undressed: &Undressed, fronts: &Fronts, light: &Light) {
        if !self.wanted {
            return;
        }
        let encode = |c: f32| f32::from(srgb(c)) / 255.0;
        let bare = Grid::from_fn(person.picture.width, person.picture.height, |x, y| {
            if !undressed.remove.at(x, y) {
                return person.picture.at(x, y);
            }
            let (skin, behind) = (undressed.skin.at(x, y), undressed.behind.at(x, y));
            let share = undressed.bare(vec2(x as f32, y as f32));
            std::array::from_fn(|c| encode(behind[c] + (skin[c] - behind[c]) * share))
        });
        self.keep("undressed", &bare);
        let front = Grid::from_fn(person.picture.width, person.picture.height, |x, y| {
            let on = |set: bool| if set { 1.0 } else { 0.1 };
            [on(fronts.head.at(x, y)), on(fronts.arms.at(x, y)), on(fronts.top.at(x, y))]
        });
        self.keep("fronts", &front);
        self.keep("light", &light.cloth.map(|v| [v * 0.5; 3]));
        self.keep("behind", person.behind());
    }
}
