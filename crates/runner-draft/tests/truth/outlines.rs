//! Drawn outlines of every kind of garment and of what is none, all measures varied within what is sold.

use super::truth::Dice;

pub(crate) const WIDTH: usize = 140;
pub(crate) const HEIGHT: usize = 160;

/// One outline: [`HEIGHT`] rows of [`WIDTH`] pixels.
pub(crate) type Outline = Vec<bool>;

type Point = [f32; 2];

/// In the order of the rows of the fitted weights.
pub(crate) const CLASSES: [&str; 9] =
    ["top", "dress", "trousers", "skirt", "shoes", "hat", "glasses", "bag", "none"];

/// Pieces that are added or cut out in turn, in units of which the picture is about 1 wide and high.
#[derive(Default)]
struct Pieces(Vec<(bool, Piece)>);

/// Whether a point lies in it.
type Piece = Box<dyn Fn(Point) -> bool>;

impl Pieces {
    fn add(&mut self, inside: impl Fn(Point) -> bool + 'static) {
        self.0.push((true, Box::new(inside)));
    }

    fn cut(&mut self, inside: impl Fn(Point) -> bool + 'static) {
        self.0.push((false, Box::new(inside)));
    }

    /// A polygon and its mirror image; `x` counts from the middle line.
    fn both(&mut self, points: Vec<Point>) {
        let mirrored = points.iter().map(|[x, y]| [-x, *y]).collect();
        self.add(polygon(points));
        self.add(polygon(mirrored));
    }

    /// Drawn a little turned and stretched.
    fn outline(&self, dice: &mut Dice) -> Outline {
        let (turn, wide, scale) = (0.05 * dice.normal(), dice.within(0.92, 1.08), dice.within(0.55, 0.85));
        let (sin, cos) = turn.sin_cos();
        (0..WIDTH * HEIGHT)
            .map(|i| {
                let size = scale * WIDTH.min(HEIGHT) as f32;
                let (x, y) =
                    ((i % WIDTH) as f32 - WIDTH as f32 / 2.0, (i / WIDTH) as f32 - HEIGHT as f32 / 2.0);
                let point = [(cos * x + sin * y) / size / wide, (cos * y - sin * x) / size];
                self.0.iter().fold(false, |inside, (add, piece)| if piece(point) { *add } else { inside })
            })
            .collect()
    }
}

fn polygon(points: Vec<Point>) -> impl Fn(Point) -> bool {
    move |[x, y]| {
        let crossed = |i: usize| {
            let ([ax, ay], [bx, by]) = (points[i], points[(i + 1) % points.len()]);
            (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        };
        (0..points.len()).filter(|&i| crossed(i)).count() % 2 == 1
    }
}

fn ellipse([cx, cy]: Point, [rx, ry]: Point) -> impl Fn(Point) -> bool {
    move |[x, y]| ((x - cx) / rx).hypot((y - cy) / ry) < 1.0
}

/// A bar with round ends.
fn bar(from: Point, to: Point, thick: f32) -> impl Fn(Point) -> bool {
    move |[x, y]| {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let t = (((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy).max(1e-6)).clamp(0.0, 1.0);
        (x - from[0] - dx * t).hypot(y - from[1] - dy * t) < thick
    }
}

/// An outline of a class, by its index in [`CLASSES`].
pub(crate) fn draw(class: usize, dice: &mut Dice) -> Outline {
    let mut pieces = Pieces::default();
    match class {
        0 => bodice(&mut pieces, false, dice),
        1 => bodice(&mut pieces, true, dice),
        2 => trousers(&mut pieces, dice),
        3 => skirt(&mut pieces, dice),
        4 => shoes(&mut pieces, dice),
        5 => hat(&mut pieces, dice),
        6 => glasses(&mut pieces, dice),
        7 => bag(&mut pieces, dice),
        _ => none(&mut pieces, dice),
    }
    pieces.outline(dice)
}

/// Shirts, tops without sleeves and, longer, dresses. Half a chest is the unit of what is across.
fn bodice(pieces: &mut Pieces, dress: bool, dice: &mut Dice) {
    let chest = if dress { dice.within(0.11, 0.16) } else { dice.within(0.2, 0.28) };
    let length = chest * if dress { dice.within(4.6, 7.0) } else { dice.within(2.1, 3.1) };
    let top = -length / 2.0;
    let (neck, fall) = (chest * dice.within(0.3, 0.58), chest * dice.within(0.05, 0.35));
    let shoulder = chest * dice.within(0.82, 1.02);
    let armpit = top + chest * dice.within(0.75, 1.05);
    let waist = chest * if dress { dice.within(0.72, 1.0) } else { dice.within(0.86, 1.05) };
    let flare = if dress { dice.within(0.8, 2.1) } else { dice.within(0.88, 1.15) };
    let waist_row = top + chest * if dress { dice.within(1.9, 2.3) } else { dice.within(1.4, 1.9) };
    let round = chest * dice.within(-0.05, 0.12);
    pieces.both(vec![
        [0.0, top],
        [neck, top],
        [shoulder, top + fall],
        [shoulder * 0.94, f32::midpoint(top, armpit)],
        [chest, armpit],
        [waist, waist_row],
        [chest * flare, length / 2.0 - round.max(0.0)],
        [0.0, length / 2.0 + round.min(0.0)],
    ]);
    let sleeve = if dress { dice.chance(0.6) } else { dice.chance(0.8) };
    if sleeve {
        let long = chest * if dice.chance(0.5) { dice.within(0.7, 1.3) } else { dice.within(1.9, 2.9) };
        let lean = dice.within(0.12, 1.35);
        let (sin, cos) = lean.sin_cos();
        let wide = chest * dice.within(0.2, 0.34);
        let end = [shoulder + long * sin, top + fall + long * cos + 0.1 * chest];
        let (across, up) = ([cos * wide, -sin * wide], [shoulder * 0.9, top + fall]);
        pieces.both(vec![
            up,
            [shoulder, top + fall],
            [end[0] + across[0] * 0.8, end[1] + across[1] * 0.8],
            [end[0] - across[0] * 0.8, end[1] - across[1] * 0.8],
            [chest * 0.96, armpit],
        ]);
    }
    // What one sees of the neckline: its front where the back was told from it, else that of the back.
    let depth = chest * if dice.chance(0.25) { dice.within(0.0, 0.12) } else { dice.within(0.15, 0.8) };
    if dice.chance(0.5) {
        pieces.cut(ellipse([0.0, top - 0.01], [neck * 0.98, depth]));
    } else {
        pieces.cut(polygon(vec![[-neck * 0.98, top - 0.02], [neck * 0.98, top - 0.02], [0.0, top + depth]]));
    }
}

fn trousers(pieces: &mut Pieces, dice: &mut Dice) {
    let short = dice.chance(0.3);
    let length = if short { dice.within(0.4, 0.6) } else { dice.within(0.8, 1.0) };
    let waist = if short { dice.within(0.19, 0.26) } else { dice.within(0.13, 0.2) };
    let hips = waist * dice.within(1.0, 1.3);
    let top = -length / 2.0;
    let crotch = top + hips * dice.within(1.1, 1.7);
    let gap = hips * if dice.chance(0.4) { dice.within(0.02, 0.08) } else { dice.within(0.1, 0.5) };
    let leg = hips * if short { dice.within(0.75, 1.0) } else { dice.within(0.4, 1.05) };
    pieces.both(vec![
        [0.0, top],
        [waist, top + hips * dice.within(-0.05, 0.05)],
        [hips, top + (crotch - top) * 0.7],
        [gap + leg, length / 2.0],
        [gap, length / 2.0],
        [0.004, crotch],
        [0.0, crotch],
    ]);
}

fn skirt(pieces: &mut Pieces, dice: &mut Dice) {
    let length = dice.within(0.35, 0.95);
    let waist = length * dice.within(0.22, 0.5) * if length > 0.7 { 0.75 } else { 1.0 };
    let flare = dice.within(0.85, 2.3);
    let bulge = dice.within(0.35, 0.7);
    let (top, low) = (-length / 2.0, length / 2.0);
    let round = length * dice.within(-0.02, 0.08);
    pieces.both(vec![
        [0.0, top + waist * dice.within(0.0, 0.12)],
        [waist, top],
        [waist * (1.0 + (flare - 1.0).max(0.1) * bulge), top + length * 0.35],
        [waist * flare, low - round.max(0.0)],
        [0.0, low + round.min(0.0)],
    ]);
}

fn shoes(pieces: &mut Pieces, dice: &mut Dice) {
    if dice.chance(0.55) {
        // From above or the front, side by side.
        let (long, wide) = (dice.within(0.4, 0.8), dice.within(0.08, 0.16));
        let apart = wide * dice.within(1.15, 3.2);
        let heel = dice.within(0.6, 1.0);
        for side in [-1.0, 1.0] {
            pieces.add(ellipse([side * apart, long * 0.22], [wide, long * 0.28]));
            pieces.add(ellipse([side * apart, -long * 0.22], [wide * heel, long * 0.28]));
            pieces.add(polygon(vec![
                [side * apart - wide * heel, -long * 0.22],
                [side * apart + wide * heel, -long * 0.22],
                [side * apart + wide, long * 0.22],
                [side * apart - wide, long * 0.22],
            ]));
        }
        return;
    }
    // From the side; of a pair often the one above or behind the other.
    let (long, tall) = (dice.within(0.36, 0.48), dice.within(0.28, 0.75));
    let toe = dice.one_of(&[-1.0, 1.0]);
    let shoe = move |at: Point| {
        let points = [
            [-1.0, 0.0],
            [-1.0, -tall],
            [-0.75, -tall * 1.1],
            [-0.3, -tall * 0.95],
            [0.2, -tall * 0.5],
            [0.85, -tall * 0.36],
            [1.0, -0.12],
            [0.95, 0.0],
        ];
        polygon(points.iter().map(|[x, y]| [at[0] + x * long * toe, at[1] + y * long]).collect())
    };
    if dice.chance(0.4) {
        pieces.add(shoe([-0.02, -0.04]));
        pieces.add(shoe([0.02, tall * long * dice.within(0.2, 1.3)]));
    } else {
        pieces.add(shoe([0.0, 0.1]));
    }
}

fn hat(pieces: &mut Pieces, dice: &mut Dice) {
    let (half, tall) = (dice.within(0.2, 0.27), dice.within(0.2, 0.4));
    pieces.add(ellipse([0.0, 0.05], [half, tall]));
    pieces.cut(polygon(vec![[-0.6, 0.05], [0.6, 0.05], [0.6, 0.9], [-0.6, 0.9]]));
    match (dice.within(0.0, 4.0)) as u32 {
        // With a brim all around.
        0 | 1 => pieces.add(ellipse([0.0, 0.05], [half * dice.within(1.35, 2.2), dice.within(0.03, 0.11)])),
        // A cap, its peak to the front or to one side.
        2 => {
            let side = dice.one_of(&[-1.0, 0.0, 1.0]) * half;
            pieces.add(ellipse([side, 0.05], [half * dice.within(0.8, 1.0), dice.within(0.04, 0.1)]));
        }
        // A knitted one with its fold.
        _ => pieces.add(polygon(vec![[-half * 1.04, 0.0], [half * 1.04, 0.0], [half, 0.14], [-half, 0.14]])),
    }
}

fn glasses(pieces: &mut Pieces, dice: &mut Dice) {
    let (lens, tall) = (dice.within(0.16, 0.21), dice.within(0.1, 0.19));
    let (apart, rim) = (lens + dice.within(0.025, 0.06), dice.within(0.015, 0.045));
    let open = dice.chance(0.75);
    for side in [-1.0, 1.0] {
        pieces.add(ellipse([side * apart, 0.0], [lens, tall]));
        if open {
            pieces.cut(ellipse([side * apart, 0.0], [lens - rim, tall - rim]));
        }
        pieces.add(bar(
            [side * (apart + lens - rim), -0.3 * tall],
            [side * (apart + lens + 0.03), -0.35 * tall],
            0.018,
        ));
    }
    let bridge = tall * dice.within(0.0, 0.4);
    pieces.add(bar([-apart + lens - rim, -bridge], [apart - lens + rim, -bridge], dice.within(0.012, 0.03)));
}

fn bag(pieces: &mut Pieces, dice: &mut Dice) {
    let (half, tall) = (dice.within(0.22, 0.36), dice.within(0.3, 0.6));
    let foot = half * dice.within(0.85, 1.3);
    let (grip, rise, thick) =
        (half * dice.within(0.35, 0.8), dice.within(0.14, 0.4), dice.within(0.02, 0.04));
    pieces.add(ellipse([0.0, -tall / 2.0], [grip, rise]));
    pieces.cut(ellipse([0.0, -tall / 2.0], [grip - thick, rise - thick]));
    pieces.both(vec![[0.0, -tall / 2.0], [half, -tall / 2.0], [foot, tall / 2.0], [0.0, tall / 2.0]]);
}

/// Lamps, balls, boxes, trees, ragged pieces of a picture.
fn none(pieces: &mut Pieces, dice: &mut Dice) {
    let at = |dice: &mut Dice| [dice.within(-0.35, 0.35), dice.within(-0.4, 0.4)];
    match dice.within(0.0, 6.0) as u32 {
        0 => pieces.add(ellipse([0.0, 0.0], [dice.within(0.25, 0.45), dice.within(0.25, 0.45)])),
        1 => {
            let (head, low) = (dice.within(0.08, 0.22), dice.within(0.3, 0.5));
            pieces.add(ellipse([0.0, -0.35], [head, head * dice.within(0.7, 1.2)]));
            pieces.add(bar([0.0, -0.35], [0.0, low], dice.within(0.012, 0.05)));
            pieces.add(ellipse([0.0, low], [head * dice.within(0.3, 1.2), 0.03]));
        }
        2 => {
            for _ in 0..dice.one_of(&[3, 5, 8]) {
                let [from, to] = [at(dice), at(dice)];
                pieces.add(bar(from, to, dice.within(0.02, 0.12)));
            }
        }
        3 => {
            for _ in 0..dice.one_of(&[3, 4, 6]) {
                let middle = at(dice);
                pieces.add(ellipse(middle, [dice.within(0.06, 0.25), dice.within(0.06, 0.25)]));
            }
        }
        4 => {
            let [x, y] = [dice.within(0.2, 0.5), dice.within(0.1, 0.3)];
            let step = dice.within(-0.3, 0.3);
            pieces.add(polygon(vec![[-x, -y], [step, -y], [step, -y * 2.0], [x, -y * 2.0], [x, y], [-x, y]]));
        }
        _ => {
            let points = (0..9).map(|i| {
                let (sin, cos) = (i as f32 * 0.698).sin_cos();
                let far = dice.within(0.12, 0.5);
                [far * cos, far * sin]
            });
            let points = points.collect();
            pieces.add(polygon(points));
        }
    }
}
