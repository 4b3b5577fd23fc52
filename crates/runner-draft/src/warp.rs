//! Bending pictures: thin-plate splines, meshes of quads, and drawing a texture through a mesh.
//!
//! Decided here: every warp is a mesh from target to source. Splines are evaluated at its corners only, and the
//! inside of a cell is affine, which no eye can tell at a cell of a dozen pixels and is a hundred times cheaper.

use atelier_domain::CancelToken;
use rayon::prelude::*;

use crate::garment::Texture;
use crate::geometry::{Vec2, mix, solve, vec2};
use crate::raster::{Frame, Grid, Plane};

/// A thin-plate spline from points to points (Bookstein 1989).
pub(crate) struct Spline {
    centres: Vec<Vec2>,
    /// One weight pair a centre, then constant, x and y terms.
    weights: Vec<[f64; 2]>,
}

impl Spline {
    /// Takes each `from` point near its `to` point; `stiffness` 0 meets them exactly. `None` for degenerate points.
    pub(crate) fn new(pairs: &[(Vec2, Vec2)], stiffness: f64) -> Option<Self> {
        let n = pairs.len();
        let size = n + 3;
        let mut matrix = vec![0.0; size * size];
        let mut right = vec![[0.0; 2]; size];
        let spread = pairs.iter().map(|p| (p.0 - pairs[0].0).length()).fold(1.0, f32::max);
        for (i, (from, to)) in pairs.iter().enumerate() {
            for (j, (other, _)) in pairs.iter().enumerate() {
                matrix[i * size + j] = f64::from(kernel(*from - *other));
            }
            matrix[i * size + i] += stiffness * f64::from(spread * spread);
            for (k, term) in [1.0, f64::from(from.x), f64::from(from.y)].into_iter().enumerate() {
                matrix[i * size + n + k] = term;
                matrix[(n + k) * size + i] = term;
            }
            right[i] = [f64::from(to.x), f64::from(to.y)];
        }
        Some(Self { centres: pairs.iter().map(|p| p.0).collect(), weights: solve(matrix, right)? })
    }

    pub(crate) fn at(&self, point: Vec2) -> Vec2 {
        let n = self.centres.len();
        let affine = |c: usize| {
            self.weights[n][c]
                + self.weights[n + 1][c] * f64::from(point.x)
                + self.weights[n + 2][c] * f64::from(point.y)
        };
        let mut sum = [affine(0), affine(1)];
        for (centre, weight) in self.centres.iter().zip(&self.weights) {
            let value = f64::from(kernel(point - *centre));
            sum[0] += weight[0] * value;
            sum[1] += weight[1] * value;
        }
        vec2(sum[0] as f32, sum[1] as f32)
    }
}

fn kernel(offset: Vec2) -> f32 {
    let square = offset.dot(offset);
    if square < 1e-9 { 0.0 } else { 0.5 * square * square.ln() }
}

/// A net of quads: where each corner is in the target, and which point of the source it shows.
pub(crate) struct Mesh {
    columns: usize,
    corners: Vec<(Vec2, Vec2)>,
}

impl Mesh {
    /// Rows of `(target, source)` corners, all of one length.
    pub(crate) fn from_rows(rows: Vec<Vec<(Vec2, Vec2)>>) -> Self {
        let columns = rows.first().map_or(0, Vec::len);
        Self { columns, corners: rows.into_iter().flatten().collect() }
    }

    /// A regular net of about `cell` pixels over a source box, each corner sent to the target by `to`.
    pub(crate) fn over([x0, y0, x1, y1]: [f32; 4], cell: f32, to: impl Fn(Vec2) -> Vec2) -> Self {
        let count = |length: f32| ((length / cell).ceil() as usize).clamp(1, 200);
        let (across, down) = (count(x1 - x0), count(y1 - y0));
        let corner = |i: usize, j: usize| {
            let source = vec2(mix(x0, x1, i as f32 / across as f32), mix(y0, y1, j as f32 / down as f32));
            (to(source), source)
        };
        Self::from_rows((0..=down).map(|j| (0..=across).map(|i| corner(i, j)).collect()).collect())
    }

    /// A strip between two edges, each a function of `t`; `t` runs from `-before` to `1 + after`, and the strip is
    /// `margins` (left, right) of its width wider than the edges.
    pub(crate) fn strip(
        target: impl Fn(f32) -> [Vec2; 2],
        source: impl Fn(f32) -> [Vec2; 2],
        [before, after]: [f32; 2],
        margins: impl Fn(f32) -> [f32; 2],
        cells: usize,
    ) -> Self {
        let rows = (0..=cells).map(|i| {
            let t = mix(-before, 1.0 + after, i as f32 / cells as f32);
            let (target, source, [left, right]) = (target(t), source(t), margins(t));
            let corner = |j: usize| {
                let u = mix(-left, 1.0 + right, j as f32 / 6.0);
                (target[0].lerp(target[1], u), source[0].lerp(source[1], u))
            };
            (0..=6).map(corner).collect()
        });
        Self::from_rows(rows.collect())
    }

    /// Both sides in other grids.
    pub(crate) fn mapped(&self, target: impl Fn(Vec2) -> Vec2, source: Frame) -> Self {
        let corners = self.corners.iter().map(|&(at, shows)| (target(at), source.to_full(shows))).collect();
        Self { columns: self.columns, corners }
    }

    /// How many cells turn over of those whose corners all are shown, by where these lie in the source.
    #[cfg(test)]
    pub(crate) fn folded(&self, shown: impl Fn(Vec2) -> bool) -> usize {
        let area = |[a, b, c]: [Vec2; 3]| (b - a).dot((c - a).turned());
        let over = |corners: &[(Vec2, Vec2); 3]| {
            corners.iter().all(|corner| shown(corner.1))
                && area(corners.map(|corner| corner.0)) * area(corners.map(|corner| corner.1)) < 0.0
        };
        self.triangles().filter(over).count()
    }

    fn triangles(&self) -> impl Iterator<Item = [(Vec2, Vec2); 3]> + '_ {
        let columns = self.columns;
        let rows = self.corners.len() / columns.max(1);
        (1..rows).flat_map(move |j| {
            (1..columns).flat_map(move |i| {
                let corner = |di: usize, dj: usize| self.corners[(j - dj) * columns + i - di];
                [[corner(1, 1), corner(0, 1), corner(1, 0)], [corner(0, 0), corner(1, 0), corner(0, 1)]]
            })
        })
    }
}

/// A drawn layer: a box of the target picture with linear light and coverage in `0..=1`.
pub(crate) struct Layer {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) pixels: Grid<[f32; 4]>,
}

impl Layer {
    /// The pixel at a place of the target picture; nothing outside the box.
    pub(crate) fn at(&self, x: usize, y: usize) -> [f32; 4] {
        if x < self.x || y < self.y || x >= self.x + self.pixels.width || y >= self.y + self.pixels.height {
            return [0.0; 4];
        }
        self.pixels.at(x - self.x, y - self.y)
    }
}

/// Draws `texture`, limited to `part` (a weight on the garment's small grid), through a mesh given in target and
/// texture pixels, into a picture of `size` pixels.
pub(crate) fn draw(
    mesh: &Mesh,
    texture: &Texture,
    part: &Plane,
    [width, height]: [usize; 2],
    cancel: &CancelToken,
) -> Layer {
    let limit = |value: f32, most: usize| (value.max(0.0) as usize).min(most);
    let triangles: Vec<_> = mesh.triangles().filter(|triangle| shows(triangle, texture, part)).collect();
    let triangles = untorn(triangles);
    let (mut low, mut high) = (vec2(f32::MAX, f32::MAX), vec2(f32::MIN, f32::MIN));
    for (target, _) in triangles.iter().flatten() {
        low = vec2(low.x.min(target.x), low.y.min(target.y));
        high = vec2(high.x.max(target.x), high.y.max(target.y));
    }
    let (x0, y0) = (limit(low.x, width), limit(low.y, height));
    let (x1, y1) = (limit(high.x + 1.0, width), limit(high.y + 1.0, height));
    let (w, h) = (x1.saturating_sub(x0), y1.saturating_sub(y0));
    let mut pixels = Grid::new(w, h, [0.0; 4]);
    if w > 0 && h > 0 {
        let band = h.div_ceil(8).clamp(1, 128);
        pixels.data.par_chunks_mut(band * w).enumerate().for_each(|(i, rows)| {
            for triangle in triangles.iter().take_while(|_| !cancel.is_cancelled()) {
                fill(*triangle, texture, part, rows, [x0, y0 + i * band, w]);
            }
        });
    }
    Layer { x: x0, y: y0, pixels }
}

/// Without those that a field tears apart: stretched many times more than most, they would show as spikes.
fn untorn(mut triangles: Vec<[(Vec2, Vec2); 3]>) -> Vec<[(Vec2, Vec2); 3]> {
    const TORN: f32 = 5.0;
    let stretch = |[(a, ua), (b, ub), (c, uc)]: &[(Vec2, Vec2); 3]| {
        let around = |a: Vec2, b: Vec2, c: Vec2| (a - b).length() + (b - c).length() + (c - a).length();
        around(*a, *b, *c) / around(*ua, *ub, *uc).max(1e-3)
    };
    let mut all: Vec<f32> = triangles.iter().map(stretch).collect();
    if all.is_empty() {
        return triangles;
    }
    let middle = all.len() / 2;
    let usual = *all.select_nth_unstable_by(middle, f32::total_cmp).1;
    triangles.retain(|triangle| stretch(triangle) < TORN * usual);
    triangles
}

/// Whether anything of a part lies in the box around a triangle's source.
fn shows(triangle: &[(Vec2, Vec2); 3], texture: &Texture, part: &Plane) -> bool {
    let corners = triangle.map(|(_, source)| texture.frame.to_small(source.x, source.y));
    let least = |axis: fn((f32, f32)) -> f32| corners.map(axis).into_iter().fold(f32::MAX, f32::min);
    let most = |axis: fn((f32, f32)) -> f32| corners.map(axis).into_iter().fold(f32::MIN, f32::max);
    let limit = |value: f32, size: usize| (value.max(0.0) as usize).min(size - 1);
    let (x0, x1) = (limit(least(|c| c.0), part.width), limit(most(|c| c.0) + 1.0, part.width));
    let (y0, y1) = (limit(least(|c| c.1), part.height), limit(most(|c| c.1) + 1.0, part.height));
    (y0..=y1).any(|y| part.row(y)[x0..=x1].iter().any(|&share| share > 0.0))
}

/// Fills the part of one triangle that lies in a band of rows; `[x0, y0, width]` places the band.
fn fill(
    triangle: [(Vec2, Vec2); 3],
    texture: &Texture,
    part: &Plane,
    rows: &mut [[f32; 4]],
    [x0, y0, width]: [usize; 3],
) {
    let [(a, ua), (b, ub), (c, uc)] = triangle;
    let area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    let height = rows.len() / width;
    let (top, bottom) = (a.y.min(b.y).min(c.y), a.y.max(b.y).max(c.y));
    if area.abs() < 1e-3 || bottom < y0 as f32 || top > (y0 + height) as f32 {
        return;
    }
    let from_y = (top.ceil().max(y0 as f32)) as usize;
    let to_y = (bottom.floor().min((y0 + height) as f32 - 1.0).max(-1.0) + 1.0) as usize;
    let (left, right) = (a.x.min(b.x).min(c.x), a.x.max(b.x).max(c.x));
    let from_x = (left.ceil().max(x0 as f32)) as usize;
    let to_x = (right.floor().min((x0 + width) as f32 - 1.0).max(-1.0) + 1.0) as usize;
    let (most_x, most_y) = (texture.colour.width as f32 - 0.5, texture.colour.height as f32 - 0.5);
    for y in from_y..to_y {
        for x in from_x..to_x {
            let (px, py) = (x as f32, y as f32);
            let wb = ((px - a.x) * (c.y - a.y) - (c.x - a.x) * (py - a.y)) / area;
            let wc = ((b.x - a.x) * (py - a.y) - (px - a.x) * (b.y - a.y)) / area;
            let wa = 1.0 - wb - wc;
            if wa < -2e-3 || wb < -2e-3 || wc < -2e-3 {
                continue;
            }
            let uv = ua * wa + ub * wb + uc * wc;
            if uv.x < -0.5 || uv.y < -0.5 || uv.x > most_x || uv.y > most_y {
                continue;
            }
            let mut pixel = texture.colour.sample(uv.x, uv.y);
            if pixel[3] > 0.0 {
                let (sx, sy) = texture.frame.to_small(uv.x, uv.y);
                pixel[3] *= part.sample(sx, sy);
            }
            // Where a mesh folds over itself the more solid side wins.
            let slot = &mut rows[(y - y0) * width + x - x0];
            if pixel[3] >= slot[3] {
                *slot = pixel;
            }
        }
    }
}
