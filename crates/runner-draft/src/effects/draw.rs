//! Vector shapes: outlines filled or stroked with flat colours and gradients, on a transparent sheet.

use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap,
    Point, RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

use crate::effects::frame::{Light, decode};
use crate::geometry::{Vec2, vec2};
use crate::raster::Grid;

/// An sRGB colour as `0xrrggbb` and how much it covers, `0..=1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink(pub(crate) u32, pub(crate) f32);

impl Ink {
    fn colour(self) -> Color {
        let part = |shift: u32| (self.0 >> shift & 255) as u8;
        Color::from_rgba8(part(16), part(8), part(0), (self.1.clamp(0.0, 1.0) * 255.0 + 0.5) as u8)
    }

    /// The same colour, covering less.
    pub(crate) fn times(self, share: f32) -> Self {
        Self(self.0, self.1 * share)
    }
}

/// An outline; nothing where its points made none.
#[derive(Debug, Clone)]
pub(crate) struct Shape(Option<Path>);

/// Straight lines between the points, closed.
pub(crate) fn polygon(points: &[Vec2]) -> Shape {
    trace(points, true, false)
}

/// A closed curve through the points.
pub(crate) fn blob(points: &[Vec2]) -> Shape {
    trace(points, true, true)
}

/// Straight lines between the points, open.
pub(crate) fn line(points: &[Vec2]) -> Shape {
    trace(points, false, false)
}

/// An open curve through the points.
pub(crate) fn curve(points: &[Vec2]) -> Shape {
    trace(points, false, true)
}

/// An ellipse with its half axes, the first one turned by `angle`.
pub(crate) fn ellipse(centre: Vec2, half: Vec2, angle: f32) -> Shape {
    let pose = Pose { at: centre, scale: 1.0, angle, flip: false };
    let points: Vec<Vec2> = (0..16)
        .map(|i| {
            let (sin, cos) = (i as f32 * std::f32::consts::TAU / 16.0).sin_cos();
            pose.out(vec2(half.x * cos, half.y * sin))
        })
        .collect();
    blob(&points)
}

fn trace(points: &[Vec2], closed: bool, smooth: bool) -> Shape {
    let n = points.len();
    if n < 2 || points.iter().any(|p| !p.x.is_finite() || !p.y.is_finite()) {
        return Shape(None);
    }
    let mut builder = PathBuilder::new();
    builder.move_to(points[0].x, points[0].y);
    let at = |i: isize| {
        let i = if closed { i.rem_euclid(n as isize) } else { i.clamp(0, n as isize - 1) };
        points[i as usize]
    };
    for i in 0..if closed { n } else { n - 1 } as isize {
        let (from, to) = (at(i), at(i + 1));
        if smooth {
            // Catmull-Rom as a cubic.
            let (a, b) = (from + (to - at(i - 1)) * (1.0 / 6.0), to - (at(i + 2) - from) * (1.0 / 6.0));
            builder.cubic_to(a.x, a.y, b.x, b.y, to.x, to.y);
        } else {
            builder.line_to(to.x, to.y);
        }
    }
    if closed {
        builder.close();
    }
    Shape(builder.finish())
}

impl Shape {
    /// Both outlines together; where they overlap there is a hole.
    pub(crate) fn cut(self, hole: Self) -> Self {
        let (Some(outer), Some(inner)) = (&self.0, hole.0) else { return self };
        let mut builder = PathBuilder::new();
        builder.push_path(outer);
        builder.push_path(&inner);
        Self(builder.finish())
    }
}

/// Where a thing drawn around (0, 0) is put.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    pub(crate) at: Vec2,
    pub(crate) scale: f32,
    /// Clockwise on the screen.
    pub(crate) angle: f32,
    /// Whether left and right change sides first.
    pub(crate) flip: bool,
}

impl Pose {
    pub(crate) fn out(&self, point: Vec2) -> Vec2 {
        let (sin, cos) = self.angle.sin_cos();
        let p = vec2(if self.flip { -point.x } else { point.x }, point.y) * self.scale;
        self.at + vec2(p.x * cos - p.y * sin, p.x * sin + p.y * cos)
    }

    pub(crate) fn all(&self, points: &[(f32, f32)]) -> Vec<Vec2> {
        points.iter().map(|&(x, y)| self.out(vec2(x, y))).collect()
    }
}

/// Where shapes are drawn.
pub(crate) struct Sheet(Pixmap);

impl Sheet {
    /// A transparent sheet; sides of at least 1.
    pub(crate) fn new([width, height]: [usize; 2]) -> Self {
        let wanted = Pixmap::new(width.max(1) as u32, height.max(1) as u32);
        // Only sides beyond 2^29 are refused; clips end at a thousandth of that.
        Self(wanted.unwrap_or_else(|| unreachable!("a sheet of {width}x{height}")))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.data()
    }

    fn paint(&mut self, shape: &Shape, shader: Shader<'_>) {
        if let Some(path) = &shape.0 {
            let paint = Paint { shader, ..Paint::default() };
            self.0.fill_path(path, &paint, FillRule::EvenOdd, Transform::identity(), None);
        }
    }

    /// One colour inside.
    pub(crate) fn fill(&mut self, shape: &Shape, ink: Ink) {
        self.paint(shape, Shader::SolidColor(ink.colour()));
    }

    /// A colour that changes from one place to another inside.
    pub(crate) fn blend(&mut self, shape: &Shape, (from, a): (Vec2, Ink), (to, b): (Vec2, Ink)) {
        let stops = vec![GradientStop::new(0.0, a.colour()), GradientStop::new(1.0, b.colour())];
        let ends = [from, to].map(|p| Point::from_xy(p.x, p.y));
        let shader = LinearGradient::new(ends[0], ends[1], stops, SpreadMode::Pad, Transform::identity());
        self.paint(shape, shader.unwrap_or_else(|| Shader::SolidColor(a.colour())));
    }

    /// A colour that runs out towards a circle around `centre`, inside.
    pub(crate) fn radiate(&mut self, shape: &Shape, centre: Vec2, radius: f32, (a, b): (Ink, Ink)) {
        let stops = vec![GradientStop::new(0.0, a.colour()), GradientStop::new(1.0, b.colour())];
        let centre = Point::from_xy(centre.x, centre.y);
        let identity = Transform::identity();
        let shader =
            RadialGradient::new(centre, 0.0, centre, radius.max(0.1), stops, SpreadMode::Pad, identity);
        self.paint(shape, shader.unwrap_or_else(|| Shader::SolidColor(a.colour())));
    }

    /// A soft round spot.
    pub(crate) fn spot(&mut self, centre: Vec2, radius: f32, ink: Ink) {
        self.radiate(&ellipse(centre, vec2(radius, radius), 0.0), centre, radius, (ink, ink.times(0.0)));
    }

    /// Along the outline.
    pub(crate) fn stroke(&mut self, shape: &Shape, width: f32, ink: Ink) {
        if let Some(path) = &shape.0 {
            let paint = Paint { shader: Shader::SolidColor(ink.colour()), ..Paint::default() };
            let stroke = Stroke {
                width: width.max(0.1),
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            self.0.stroke_path(path, &paint, &stroke, Transform::identity(), None);
        }
    }

    /// The sheet as a layer.
    pub(crate) fn layer(&self) -> Grid<Light> {
        let (width, height) = (self.0.width() as usize, self.0.height() as usize);
        Grid::par_from_fn(width, height, |x, y| decode(&self.bytes()[(y * width + x) * 4..][..4]))
    }
}
