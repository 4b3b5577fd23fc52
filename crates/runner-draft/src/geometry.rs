//! Points and polylines in the plane: x to the right, y down, in pixels of whatever grid they were found in.

use std::ops::{Add, Mul, Sub};

/// A point or a displacement, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Vec2 {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// Shorthand for a [`Vec2`].
pub(crate) const fn vec2(x: f32, y: f32) -> Vec2 {
    Vec2 { x, y }
}

impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        vec2(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Vec2 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        vec2(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Vec2 {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        vec2(self.x * factor, self.y * factor)
    }
}

impl Vec2 {
    pub(crate) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    pub(crate) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    pub(crate) fn lerp(self, other: Self, t: f32) -> Self {
        self + (other - self) * t
    }

    /// Length 1, or zero where it had no direction.
    pub(crate) fn unit(self) -> Self {
        let length = self.length();
        if length > 1e-6 { self * (1.0 / length) } else { Self::default() }
    }

    /// A quarter turn clockwise as seen on the screen.
    pub(crate) fn turned(self) -> Self {
        vec2(-self.y, self.x)
    }

    /// `radians` from straight down, positive towards +x.
    pub(crate) fn hanging(radians: f32) -> Self {
        vec2(radians.sin(), radians.cos())
    }
}

/// `0..=1` ramp between two edges with flat ends.
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Plain interpolation.
pub(crate) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// The whole number below, and what is left over: `f32::floor` is a call into the C library on a processor that may be of 2003.
pub(crate) fn floor(v: f32) -> (i32, f32) {
    let towards_zero = v as i32;
    let whole = towards_zero.wrapping_sub(i32::from(towards_zero as f32 > v));
    (whole, v - whole as f32)
}

/// Distance from `point` to the segment, and where along it (0..=1) the nearest place is.
pub(crate) fn to_segment(point: Vec2, from: Vec2, to: Vec2) -> (f32, f32) {
    let along = to - from;
    let t = ((point - from).dot(along) / along.dot(along).max(1e-6)).clamp(0.0, 1.0);
    ((point - (from + along * t)).length(), t)
}

/// A path through points, walked by arc length.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    points: Vec<Vec2>,
    /// Arc length from the start to each point.
    reached: Vec<f32>,
}

impl Path {
    pub(crate) fn new(points: Vec<Vec2>) -> Self {
        let mut reached = Vec::with_capacity(points.len());
        let mut total = 0.0;
        for (i, point) in points.iter().enumerate() {
            if i > 0 {
                total += (*point - points[i - 1]).length();
            }
            reached.push(total);
        }
        Self { points, reached }
    }

    /// The same path with its corners cut off `rounds` times (after Chaikin 1974, but less of them); both ends stay.
    pub(crate) fn rounded(self, rounds: usize) -> Self {
        let mut points = self.points;
        for _ in 0..rounds {
            let mut next = vec![points[0]];
            for pair in points.windows(2) {
                next.push(pair[0].lerp(pair[1], 0.15));
                next.push(pair[0].lerp(pair[1], 0.85));
            }
            next.push(points[points.len() - 1]);
            points = next;
        }
        Self::new(points)
    }

    pub(crate) fn length(&self) -> f32 {
        self.reached[self.reached.len() - 1]
    }

    /// The place `distance` along the path; straight on beyond both ends.
    pub(crate) fn at(&self, distance: f32) -> Vec2 {
        let last = self.points.len() - 1;
        let i = self.reached.partition_point(|&reached| reached < distance).clamp(1, last);
        let span = (self.reached[i] - self.reached[i - 1]).max(1e-6);
        self.points[i - 1].lerp(self.points[i], (distance - self.reached[i - 1]) / span)
    }

    /// Unit direction of travel around `distance`, averaged over `reach` to both sides.
    pub(crate) fn direction(&self, distance: f32, reach: f32) -> Vec2 {
        (self.at(distance + reach) - self.at(distance - reach)).unit()
    }

    /// The arc length of the place nearest to `point`.
    pub(crate) fn nearest(&self, point: Vec2) -> f32 {
        let mut best = (f32::MAX, 0.0);
        for (i, pair) in self.points.windows(2).enumerate() {
            let (distance, t) = to_segment(point, pair[0], pair[1]);
            if distance < best.0 {
                best = (distance, mix(self.reached[i], self.reached[i + 1], t));
            }
        }
        best.1
    }

    /// How far `point` is from the path.
    pub(crate) fn distance(&self, point: Vec2) -> f32 {
        self.points.windows(2).map(|pair| to_segment(point, pair[0], pair[1]).0).fold(f32::MAX, f32::min)
    }
}

/// Solves the square system `matrix * x = right` by elimination with partial pivoting; `matrix` has `n * n`
/// entries row by row, `right` any number of columns. `None` where the matrix is singular.
pub(crate) fn solve<const K: usize>(mut matrix: Vec<f64>, mut right: Vec<[f64; K]>) -> Option<Vec<[f64; K]>> {
    let n = right.len();
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| matrix[a * n + column].abs().total_cmp(&matrix[b * n + column].abs()))?;
        if matrix[pivot * n + column].abs() < 1e-12 {
            return None;
        }
        if pivot != column {
            for k in 0..n {
                matrix.swap(pivot * n + k, column * n + k);
            }
            right.swap(pivot, column);
        }
        for row in column + 1..n {
            let factor = matrix[row * n + column] / matrix[column * n + column];
            for k in column..n {
                matrix[row * n + k] -= factor * matrix[column * n + k];
            }
            let above = right[column];
            right[row].iter_mut().zip(above).for_each(|(value, above)| *value -= factor * above);
        }
    }
    for row in (0..n).rev() {
        let (solved, rest) = right.split_at_mut(row + 1);
        for (k, value) in solved[row].iter_mut().enumerate() {
            let known: f64 = (row + 1..n).map(|c| matrix[row * n + c] * rest[c - row - 1][k]).sum();
            *value = (*value - known) / matrix[row * n + row];
        }
    }
    Some(right)
}
