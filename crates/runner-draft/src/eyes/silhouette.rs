//! Where in a picture somebody stands, before anything else is known of them.
//!
//! Decided here: a standing figure from the front, as wide at every height as people are, is laid over a map of what
//! does not look like background; the place and size that explain it best, with skin where the face would be, win.

use super::parts::plausible;
use crate::colour::{Rgb, difference};
use crate::geometry::{mix, smoothstep};
use crate::raster::{Grid, Mask, Plane, distance_to};

/// Half widths in heads at heights in heads below the top of the hair, arms at the sides.
const PROFILE: [(f32, f32); 19] = [
    (0.0, 0.05),
    (0.06, 0.20),
    (0.2, 0.33),
    (0.45, 0.38),
    (0.7, 0.35),
    (0.9, 0.24),
    (1.1, 0.20),
    (1.25, 0.30),
    (1.38, 0.62),
    (1.55, 0.92),
    (1.9, 1.02),
    (2.6, 1.05),
    (3.4, 1.08),
    (4.0, 1.02),
    (4.5, 0.78),
    (5.3, 0.66),
    (6.4, 0.56),
    (7.1, 0.50),
    (7.5, 0.55),
];

/// A figure's place: middle, top of the head and height of the head, in pixels of the map it was found on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    /// How plainly a face is seen, `0..=1`.
    pub(crate) face: f32,
    pub(crate) x: f32,
    pub(crate) top: f32,
    pub(crate) head: f32,
    /// How well it explains the maps: 2 is perfect.
    pub(crate) fit: f32,
}

fn half_width(heads: f32) -> Option<f32> {
    let next = PROFILE.iter().position(|(y, _)| *y >= heads)?;
    let Some(before) = next.checked_sub(1) else { return Some(PROFILE[0].1) };
    let ((y0, w0), (y1, w1)) = (PROFILE[before], PROFILE[next]);
    Some(mix(w0, w1, (heads - y0) / (y1 - y0)))
}

/// Sums over boxes, four look-ups each (an integral image).
pub(super) struct Sums {
    corner: Plane,
}

impl Sums {
    pub(super) fn new(map: &Plane) -> Self {
        let mut corner = Plane::new(map.width + 1, map.height + 1, 0.0);
        for y in 0..map.height {
            let mut row = 0.0;
            for x in 0..map.width {
                row += map.at(x, y);
                corner.set(x + 1, y + 1, corner.at(x + 1, y) + row);
            }
        }
        Self { corner }
    }

    /// Sum and number of pixels in `[x0, y0, x1, y1)`, cut at the border.
    fn over(&self, [x0, y0, x1, y1]: [f32; 4]) -> (f32, f32) {
        let (right, low) = (self.corner.width - 1, self.corner.height - 1);
        let at = |v: f32, last: usize| ((v + 0.5).max(0.0) as usize).min(last);
        let (x0, x1, y0, y1) = (at(x0, right), at(x1, right), at(y0, low), at(y1, low));
        if x1 <= x0 || y1 <= y0 {
            return (0.0, 0.0);
        }
        let c = |x: usize, y: usize| self.corner.at(x, y);
        (c(x1, y1) - c(x0, y1) - c(x1, y0) + c(x0, y0), ((x1 - x0) * (y1 - y0)) as f32)
    }

    /// The mean over a box, 0 of nothing.
    pub(super) fn mean(&self, area: [f32; 4]) -> f32 {
        let (sum, count) = self.over(area);
        sum / count.max(1.0)
    }
}

/// What somebody is looked for in: how little each pixel looks like background, how much it could be skin, its OKLab.
pub(super) struct Clues {
    skin: Sums,
    lab: [Sums; 3],
}

impl Clues {
    pub(super) fn new(lab: &Grid<Rgb>) -> Self {
        let skin = lab.map(likely_skin);
        Self { skin: Sums::new(&skin), lab: [0, 1, 2].map(|c| Sums::new(&lab.map(|lab| lab[c]))) }
    }

    fn colour(&self, area: [f32; 4]) -> Rgb {
        [0, 1, 2].map(|c: usize| self.lab[c].mean(area))
    }
}

/// Whether a colour may be skin; strong colours may be, and are more often cloth.
pub(super) fn likely_skin(lab: Rgb) -> f32 {
    let chroma = lab[1].hypot(lab[2]);
    if plausible(lab) { 1.0 - 0.7 * smoothstep(0.10, 0.14, chroma) } else { 0.0 }
}

/// Places that were found at most.
const MOST: usize = 6;

/// Looks for somebody. `strange` is how little each pixel looks like background. The likeliest places of heads.
pub(super) fn places(strange: &Plane, clues: &Clues) -> Vec<Standing> {
    let (width, height) = (strange.width as f32, strange.height as f32);
    let all = strange.data.iter().sum::<f32>().max(1.0);
    let strange = Sums::new(strange);
    let mut found: Vec<Standing> = Vec::new();
    for size in 0..22 {
        let head = height / 9.5 * (9.5_f32 / 1.7).powf(size as f32 / 21.0);
        let step = (head / 5.0).max(1.0);
        let mut top = 0.0;
        while top < 0.55 * height && top + 1.7 * head < height * 1.05 {
            let mut x = 0.15 * width;
            while x < 0.85 * width {
                let fit = fit(&strange, clues, [x, top, head], all);
                keep(&mut found, Standing { x, top, head, fit, face: 0.0 });
                x += step;
            }
            top += step;
        }
    }
    found
}

/// Keeps the best of heads that lie over each other, and of those the best few.
fn keep(found: &mut Vec<Standing>, new: Standing) {
    if new.fit <= f32::MIN || (found.len() == MOST && found[MOST - 1].fit >= new.fit) {
        return;
    }
    let alike = |old: &Standing| {
        let reach = 0.35 * old.head.max(new.head);
        (old.x - new.x).abs() < reach
            && (old.top + 0.5 * old.head - new.top - 0.5 * new.head).abs() < reach
            && (old.head / new.head).max(new.head / old.head) < 1.3
    };
    if found.iter().any(|old| alike(old) && old.fit >= new.fit) {
        return;
    }
    found.retain(|old| !alike(old));
    found.push(new);
    found.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    found.truncate(MOST);
}

/// Share of what was found that can be skin if it is only a head.
const BARE: f32 = 0.5;
/// Half width of a head in head heights.
const WIDEST: f32 = 0.38;

/// A head whose clothes look like the wall: what was found is bare for the most part, and no wider than a head.
pub(super) fn lone_head(found: &Plane, clues: &Clues) -> Option<Standing> {
    let at = |i: usize| [(i % found.width) as f32, (i / found.width) as f32];
    let seen: Vec<[f32; 2]> = (0..found.data.len()).filter(|&i| found.data[i] > 0.5).map(at).collect();
    let skin = seen.iter().map(|[x, y]| clues.skin.mean([*x, *y, x + 1.0, y + 1.0])).sum::<f32>();
    if skin < BARE * seen.len() as f32 {
        return None;
    }
    let [left, right, top] = [
        seen.iter().map(|[x, _]| *x).reduce(f32::min)?,
        seen.iter().map(|[x, _]| *x).reduce(f32::max)?,
        seen.iter().map(|[_, y]| *y).reduce(f32::min)?,
    ];
    let head = (right - left + 1.0) / (2.0 * WIDEST);
    Some(Standing { x: f32::midpoint(left, right), top, head, ..Standing::default() })
}

/// A place with how well it fits.
pub(super) fn fitted(strange: &Plane, clues: &Clues, at: Standing) -> Standing {
    let all = strange.data.iter().sum::<f32>().max(1.0);
    Standing { fit: fit(&Sums::new(strange), clues, [at.x, at.top, at.head], all), ..at }
}

/// The better places nearby.
pub(super) fn refined(strange: &Plane, clues: &Clues, start: Standing) -> Standing {
    let all = strange.data.iter().sum::<f32>().max(1.0);
    let strange = Sums::new(strange);
    let mut best = Standing { fit: fit(&strange, clues, [start.x, start.top, start.head], all), ..start };
    let mut step = 0.1;
    while step > 0.02 {
        let before = best.fit;
        for [dx, dy, dh] in [
            [1.0, 0.0, 0.0],
            [-1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0],
            [0.0, -1.0, 0.0],
            [0.0, -0.5, 1.0],
            [0.0, 0.5, -1.0],
            [0.0, -1.0, 1.0],
            [0.0, 0.0, 1.0],
            [0.0, 0.0, -1.0],
        ] {
            let h = best.head * step;
            let (x, top, head) = (best.x + dx * h, best.top + dy * h, best.head + dh * h);
            let fit = fit(&strange, clues, [x, top, head], all);
            if fit > best.fit {
                best = Standing { x, top, head, fit, ..best };
            }
        }
        if best.fit <= before {
            step *= 0.5;
        }
    }
    best
}

/// How well a place explains the maps; every part in shares, so that no size has an advantage.
fn fit(strange: &Sums, clues: &Clues, [x, top, head]: [f32; 3], all: f32) -> f32 {
    let width = (strange.corner.width - 1) as f32;
    let part = |half: f32, from: f32, to: f32| {
        [x - half * head, top + from * head, x + half * head, top + to * head]
    };
    let face = clues.skin.mean(part(0.22, 0.35, 0.95));
    if face < 0.15 {
        return f32::MIN;
    }
    // A face is no patch in the middle of one cloth: hair above it or clothes below look otherwise.
    let own = clues.colour(part(0.22, 0.35, 0.95));
    let other = |from: f32, to: f32| difference(own, clues.colour(part(0.3, from, to)));
    let apart = (other(0.05, 0.25).max(other(1.6, 2.1)) / 0.15).min(1.0);
    // Beside and above a head there is background; a body may have arms out, or stand before something.
    let beside = |s: f32| {
        let (near, far) = (x + s * 0.46 * head, x + s * 0.95 * head);
        strange.mean([near.min(far), top - 0.1 * head, near.max(far), top + 0.95 * head])
    };
    let above = strange.mean(part(0.45, -0.5, -0.06))
        + 0.5 * strange.mean([x - 1.2 * head, 0.0, x + 1.2 * head, top - 0.1 * head]);
    let cheeks = |s: f32| {
        let (near, far) = (x + s * 0.5 * head, x + s * 0.75 * head);
        clues.skin.mean([near.min(far), top + 0.35 * head, near.max(far), top + 0.9 * head])
    };
    let bare = cheeks(-1.0).max(cheeks(1.0));
    let filled = strange.mean(part(0.30, 0.1, 0.95));
    let mut gain = 0.0;
    for pair in PROFILE.windows(2) {
        let half = f32::midpoint(pair[0].1, pair[1].1);
        let (inside, count) = strange.over(part(half, pair[0].0, pair[1].0));
        gain += 1.6 * inside - 0.6 * count;
    }
    let off = (x / width - 0.5).abs();
    gain / all + 0.5 * face + 0.5 * apart + 0.6 * filled
        - 0.4 * (beside(-1.0) + beside(1.0))
        - 0.6 * above
        - 0.3 * bare
        - 0.6 * off * off
}

impl Standing {
    /// On a grid `factor` times as fine.
    pub(super) fn scaled(self, factor: f32) -> Self {
        let place = |v: f32| (v + 0.5) * factor - 0.5;
        Self { x: place(self.x), top: place(self.top), head: self.head * factor, ..self }
    }

    /// Inside the figure.
    pub(super) fn mask(&self, width: usize, height: usize) -> Mask {
        let inside = |x: usize, y: usize| {
            let half = half_width((y as f32 - self.top) / self.head).unwrap_or(0.0) * self.head;
            y as f32 >= self.top && (x as f32 - self.x).abs() < half
        };
        Mask::from_fn(width, height, inside)
    }

    /// Log odds of being figure by place alone: high in the middle of the body, low far from it, and unsure where arms may be.
    pub(super) fn odds(&self, width: usize, height: usize) -> Plane {
        let mask = self.mask(width, height);
        let inside = distance_to(&mask.map(|inside| !inside));
        let outside = distance_to(&mask);
        let depth = inside.zip(&outside, |inside, outside| (inside - outside) / self.head);
        Plane::from_fn(width, height, |x, y| {
            let depth = depth.at(x, y);
            let heads = (y as f32 - self.top) / self.head;
            let (near, far) = match heads {
                ..1.2 => (0.12, 0.5),
                ..4.4 => (0.5, 1.4),
                _ => (0.2, 0.7),
            };
            // Between legs one sees through.
            let apart =
                smoothstep(4.0, 4.8, heads) * smoothstep(0.35, 0.1, (x as f32 - self.x).abs() / self.head);
            let sure = 2.2 - 1.0 * smoothstep(4.0, 5.0, heads);
            sure * smoothstep(0.0, if heads < 1.4 { 0.25 } else { 0.45 }, depth) * (1.0 - apart)
                - 2.5 * smoothstep(near, far, -depth)
        })
    }
}
