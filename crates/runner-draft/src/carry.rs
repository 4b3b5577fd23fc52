//! Walls with a pattern carried on where old clothes hid them.
//!
//! Decided here: patterns repeat, so a few shifts of the picture onto itself continue most of them (He and Sun 2012, Statistics
//! of Patch Offsets for Image Completion). They are judged where the wall is seen around what is to be filled; each place
//! takes the one that fits best around it, or the smooth guess of the eyes where none fits better.

use atelier_domain::Picture;
use rayon::prelude::*;

use crate::colour::{Rgb, difference, oklab};
use crate::eyes::Person;
use crate::geometry::{Vec2, vec2};
use crate::raster::{Grid, Mask, Plane, blur, grow};

/// Mean difference from the smooth guess (see [`difference`]) below which a wall is calm: nothing is carried.
const CALM: f32 = 0.02;
/// A shift fits if it differs from what is seen by at most this share of what the smooth guess does.
const BETTER: f32 = 0.95;
/// The farthest shifts across and down, and the nearest, in pixels of half the small grid.
const FAR: [i32; 2] = [70, 45];
const NEAR: i32 = 6;
/// Shifts that are kept for each third of the picture's height, and places at which each is judged.
const KEPT: usize = 8;
const PLACES: usize = 160;
/// How far around a place shifts are judged for it, in pixels of half the small grid.
const AROUND: f32 = 7.0;

/// Where every place of the background is taken from, on half the small grid.
pub(crate) struct Carried {
    /// Shifts in pixels of the small grid; none for the smooth guess.
    from: Grid<Option<Vec2>>,
}

/// One shift with its mean misfit.
#[derive(Clone, Copy)]
struct Shift {
    by: [i32; 2],
    misfit: f32,
}

/// The background as seen, on half the small grid.
struct Wall {
    lab: Grid<Rgb>,
    known: Mask,
    hole: Mask,
    /// Where it is seen next to the hole.
    rim: Mask,
    /// How far the smooth guess is off.
    smooth: Plane,
}

impl Wall {
    fn of(person: &Person, hole: &Mask) -> Self {
        let figure = grow(&person.figure.mask, 3.0);
        let (width, height) = (figure.width / 2, figure.height / 2);
        let all = |mask: &Mask, wanted: bool| {
            Mask::from_fn(width, height, |x, y| {
                (0..4).all(|i| mask.at(2 * x + i % 2, 2 * y + i / 2) == wanted)
            })
        };
        let half = |grid: &Grid<Rgb>| {
            Grid::par_from_fn(width, height, |x, y| {
                oklab(grid.sample(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5))
            })
        };
        let (lab, guess) = (half(&person.picture), half(person.behind()));
        let known = all(&figure, false);
        let hole = all(hole, false).zip(&known, |none, known| !none && !known);
        let rim = grow(&hole, 6.0).and(&known);
        let smooth = lab.zip(&guess, difference);
        Self { lab, known, hole, rim, smooth }
    }

    fn shifted(&self, x: usize, y: usize, [dx, dy]: [i32; 2]) -> Option<Rgb> {
        let (x, y) = (x as i32 + dx, y as i32 + dy);
        let inside = x >= 0 && y >= 0 && (x as usize) < self.known.width && (y as usize) < self.known.height;
        (inside && self.known.at(x as usize, y as usize)).then(|| self.lab.at(x as usize, y as usize))
    }

    /// The best shifts for a third of the height, no two alike; none where it is calm.
    fn shifts(&self, third: usize) -> Vec<Shift> {
        let (rim, hole) = (places(&self.rim, third), places(&self.hole, third));
        let off = rim.iter().map(|&(x, y)| self.smooth.at(x, y)).sum::<f32>();
        if rim.len() < 12 || hole.is_empty() || off < CALM * rim.len() as f32 {
            return Vec::new();
        }
        let judged = |by: [i32; 2]| {
            let filled = hole.iter().filter(|(x, y)| self.shifted(*x, *y, by).is_some()).count();
            if filled * 3 < hole.len() {
                return None;
            }
            let seen =
                rim.iter().filter_map(|&(x, y)| Some(difference(self.lab.at(x, y), self.shifted(x, y, by)?)));
            let (sum, count) = seen.fold((0.0, 0.0_f32), |(sum, count), off| (sum + off, count + 1.0));
            (2.0 * count > rim.len() as f32).then(|| Shift { by, misfit: sum / count })
        };
        let mut all: Vec<Shift> = (-FAR[1]..=FAR[1])
            .into_par_iter()
            .flat_map_iter(|dy| (-FAR[0]..=FAR[0]).map(move |dx| [dx, dy]))
            .filter(|[dx, dy]| dx.abs().max(dy.abs()) >= NEAR)
            .filter_map(judged)
            .collect();
        all.sort_by(|a, b| a.misfit.total_cmp(&b.misfit));
        let mut kept: Vec<Shift> = Vec::new();
        for shift in all {
            let alike = |other: &Shift| (0..2).all(|i| (other.by[i] - shift.by[i]).abs() < 3);
            if !kept.iter().any(alike) {
                kept.push(shift);
            }
            if kept.len() == KEPT {
                break;
            }
        }
        kept
    }

    /// How badly a shift fits around every place.
    fn misfit(&self, shift: Shift) -> Plane {
        let off = Plane::from_fn(self.rim.width, self.rim.height, |x, y| {
            let seen = || Some(difference(self.lab.at(x, y), self.shifted(x, y, shift.by)?));
            self.rim.at(x, y).then(seen).flatten().unwrap_or(-1.0)
        });
        let around = around(&off, shift.misfit);
        Plane::from_fn(off.width, off.height, |x, y| match self.shifted(x, y, shift.by) {
            Some(_) => around.at(x, y),
            None => f32::MAX,
        })
    }
}

/// Up to [`PLACES`] places of a mask in a third of the height.
fn places(mask: &Mask, third: usize) -> Vec<(usize, usize)> {
    let rows = mask.height * third / 3..mask.height * (third + 1) / 3;
    let all: Vec<_> =
        rows.flat_map(|y| (0..mask.width).map(move |x| (x, y))).filter(|&(x, y)| mask.at(x, y)).collect();
    let step = all.len().div_ceil(PLACES).max(1);
    all.into_iter().step_by(step).collect()
}

/// The mean around every place of what is not negative; `usual` where there is none.
fn around(off: &Plane, usual: f32) -> Plane {
    let weight = blur(&off.map(|off| f32::from(u8::from(off >= 0.0))), AROUND);
    let sum = blur(&off.map(|off| off.max(0.0)), AROUND);
    sum.zip(&weight, |sum, weight| (sum + 0.01 * usual) / (weight + 0.01))
}

/// Looks for what carries the wall on over `hole` (small grid); nothing where the wall is calm.
pub(crate) fn look(picture: &Picture, person: &Person, hole: &Mask) -> Option<Carried> {
    let wall = Wall::of(person, hole);
    let smooth = wall.smooth.zip(&wall.rim, |off, rim| if rim { off } else { -1.0 });
    let smooth = around(&smooth, 0.0);
    let shifts: Vec<Shift> = (0..3).flat_map(|third| wall.shifts(third)).collect();
    if shifts.is_empty() {
        return None;
    }
    let misfits: Vec<Plane> = shifts.par_iter().map(|shift| wall.misfit(*shift)).collect();
    let exact: Vec<Vec2> = shifts.par_iter().map(|shift| refined(picture, person, &wall, *shift)).collect();
    let from = Grid::from_fn(wall.hole.width, wall.hole.height, |x, y| {
        if wall.known.at(x, y) {
            return (smooth.at(x, y) > CALM).then_some(vec2(0.0, 0.0));
        }
        let best = (0..shifts.len()).min_by(|&a, &b| misfits[a].at(x, y).total_cmp(&misfits[b].at(x, y)))?;
        (misfits[best].at(x, y) < BETTER * smooth.at(x, y)).then(|| exact[best])
    });
    Some(Carried { from })
}

/// A shift to the pixel of the picture, in pixels of the small grid.
fn refined(picture: &Picture, person: &Person, wall: &Wall, shift: Shift) -> Vec2 {
    let factor = person.frame.factor[0];
    let rough = vec2(shift.by[0] as f32, shift.by[1] as f32) * 2.0;
    let light = |at: Vec2| {
        let full = person.frame.to_full(at);
        let inside = |v: f32, size: u32| (v.round().max(0.0) as usize).min(size as usize - 1);
        let i = inside(full.y, picture.height()) * picture.width() as usize + inside(full.x, picture.width());
        f32::from(picture.rgba()[4 * i + 1])
    };
    let places: Vec<Vec2> = (0..3)
        .flat_map(|third| places(&wall.rim, third))
        .filter(|&(x, y)| wall.shifted(x, y, shift.by).is_some())
        .map(|(x, y)| vec2(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5))
        .collect();
    let off = |by: Vec2| places.iter().map(|&at| (light(at) - light(at + by)).abs().min(60.0)).sum::<f32>();
    let mut best = rough;
    // By half a pixel of the small grid, then by one of the picture.
    for step in [1.0, 0.5, 1.0 / factor.max(1.0)] {
        let tried = (0..25).map(|i| best + vec2((i % 5) as f32 - 2.0, (i / 5) as f32 - 2.0) * step);
        best = tried.map(|by| (off(by), by)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or(best, |(_, by)| by);
    }
    best
}

impl Carried {
    /// The background at a place of the small grid, mixed from what `taken` gives for the shifts around it.
    pub(crate) fn at(&self, [x, y]: [f32; 2], taken: impl Fn(Option<Vec2>) -> Rgb) -> Rgb {
        let place = |v: f32, size: usize| (v / 2.0 - 0.25).clamp(0.0, (size - 1) as f32);
        let (x, y) = (place(x, self.from.width), place(y, self.from.height));
        let (x0, y0) = (x as usize, y as usize);
        let (tx, ty) = (x - x0 as f32, y - y0 as f32);
        let corner = |i: usize| {
            let (right, below) = (i % 2, i / 2);
            let from =
                self.from.at((x0 + right).min(self.from.width - 1), (y0 + below).min(self.from.height - 1));
            let share = [1.0 - tx, tx][right] * [1.0 - ty, ty][below];
            (from, share)
        };
        let corners = [0, 1, 2, 3].map(corner);
        if corners.iter().all(|(from, _)| *from == corners[0].0) {
            return taken(corners[0].0);
        }
        let mut sum = [0.0; 3];
        for (from, share) in corners {
            let rgb = taken(from);
            (0..3).for_each(|c| sum[c] += rgb[c] * share);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use atelier_domain::CancelToken;

    use super::*;
    use crate::eyes;
    use crate::puppet::{self, Ground};
    use crate::raster::shrink;

    const PLAIN: Rgb = [0.62, 0.64, 0.63];

    /// Bricks in a bond.
    fn wall(x: f32, y: f32) -> Rgb {
        let row = (y / 34.0).floor();
        let along = (x + 37.0 * (row % 2.0)).rem_euclid(74.0);
        if y.rem_euclid(34.0) < 4.0 || along < 4.0 { [0.82; 3] } else { [0.58, 0.6, 0.6] }
    }

    #[test]
    fn bricks_go_on_where_somebody_stood_and_calm_walls_stay_smooth() {
        let (mut canvas, _) =
            puppet::Person { ground: Ground::Plain(PLAIN), ..puppet::Person::default() }.draw(480, 640);
        let mut person = eyes::look(&canvas.picture(), &CancelToken::default()).unwrap();
        let hole = grow(&person.figure.mask, 2.0);
        assert!(look(&canvas.picture(), &person, &hole).is_none());
        for i in 0..canvas.rgb.len() {
            let (share, rgb) = (canvas.figure[i], wall((i % 480) as f32, (i / 480) as f32));
            canvas.rgb[i] = std::array::from_fn(|c| rgb[c] + (canvas.rgb[i][c] - rgb[c]) * share);
        }
        let picture = canvas.picture();
        person.picture = shrink(&picture, eyes::SIDE).0.map(|[r, g, b, _]| [r, g, b]);
        let carried = look(&picture, &person, &hole).unwrap();
        let (mut right, mut all) = (0.0, 0.0_f32);
        for (i, _) in hole.data.iter().enumerate().filter(|(_, hole)| **hole) {
            let at = vec2((i % hole.width) as f32, (i / hole.width) as f32);
            let green = carried.at([at.x, at.y], |from| {
                let full = person.frame.to_full(from.map_or(vec2(0.0, 0.0), |by| at + by));
                let pixel = (full.y.round() as usize * 480 + full.x.round() as usize).min(480 * 640 - 1);
                from.map_or([9.0; 3], |_| canvas.rgb[pixel])
            });
            let full = person.frame.to_full(at);
            right += f32::from(u8::from((green[1] - wall(full.x.round(), full.y.round())[1]).abs() < 0.05));
            all += 1.0;
        }
        assert!(right / all > 0.8, "{} of what was hidden", right / all);
    }
}
