//! The heroes' costumes: our own shapes and colours, no emblem of anybody.

use crate::colour::Rgb;
use crate::effects::cast::Cast;
use crate::effects::costume::{Part, Spot, Tailor};
use crate::effects::draw::{Ink, Sheet, blob, ellipse, line, polygon};
use crate::effects::frame::{Light, hex, over};
use crate::eyes::body::level;
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::Grid;

fn lit(colour: Rgb, spot: &Spot) -> Rgb {
    colour.map(|c| (c * spot.shade * 1.15).min(1.0))
}

/// Shapes laid on a painted person.
fn with(paint: &Grid<Light>, sheet: &Sheet) -> Grid<Light> {
    paint.zip(&sheet.layer(), over)
}

/// 1 on lines at whole numbers of `x`, `half` wide to both sides.
fn lines(x: f32, half: f32) -> f32 {
    let off = (x - x.round()).abs();
    smoothstep(half * 1.5, half * 0.6, off)
}

/// Where an emblem sits: on the chest, or as low as a portrait shows.
fn chest(cast: &Cast) -> Vec2 {
    let y = (cast.body.level(level::ARMPIT) - 0.05 * cast.unit()).min(cast.height() - 0.34 * cast.unit());
    vec2(cast.axis(y), y)
}

/// Red and blue with a web over the red, big white eyes.
pub(super) fn spider(cast: &Cast) -> Grid<Light> {
    let tailor = Tailor::new(cast);
    let (red, blue, thread) = (hex(0xc4_1218), hex(0x18_3a9c), hex(0x1c_0406));
    let paint = tailor.paint(|spot| {
        let boot = spot.part == Part::Leg && spot.along > 0.62;
        let glove = spot.part == Part::Arm && spot.along > 0.52;
        let yoke = spot.across.abs() < mix(1.4, 0.34, smoothstep(1.7, 2.9, spot.down));
        let belt = (spot.down - 3.05).abs() < 0.09;
        let on_red = match spot.part {
            Part::Head | Part::Neck | Part::Hand | Part::Foot => true,
            Part::Trunk => yoke && spot.down < 3.1 || belt,
            Part::Arm => glove || spot.along < 0.16,
            Part::Leg => boot,
        };
        let web = if !on_red {
            0.0
        } else if spot.part == Part::Head {
            let (x, y) = (spot.face.x, spot.face.y - 0.25);
            let (turn, far) = (x.atan2(y) * 10.0 / std::f32::consts::PI, x.hypot(y * 0.86));
            let sag = 0.09 * (1.0 - 4.0 * (turn - turn.round()).powi(2));
            lines(turn, 0.035 / far.max(0.15)).max(lines((far - sag) * 3.6, 0.07))
        } else {
            let turn = spot.across * 3.4;
            let sag = 0.25 * (1.0 - 4.0 * (turn - turn.round()).powi(2));
            let rows = match spot.part {
                Part::Arm | Part::Hand => spot.along * 13.0,
                Part::Leg | Part::Foot => spot.along * 20.0,
                _ => spot.down * 6.5,
            };
            lines(turn, 0.055).max(lines(rows - sag, 0.07))
        };
        let base = if on_red { red } else { blue };
        let colour = std::array::from_fn(|c| mix(base[c], thread[c], 0.8 * web));
        (lit(colour, spot), tailor.masked(spot))
    });
    let mut sheet = Sheet::new(cast.size);
    let face = &cast.face;
    for s in [-1.0, 1.0] {
        let lens = |k: f32| {
            let points =
                [(0.16, 0.10), (0.40, -0.28), (0.86, -0.50), (1.0, -0.30), (0.88, 0.14), (0.55, 0.30)];
            let centre = vec2(0.60, -0.08);
            points.map(|(x, y)| centre + (vec2(x, y) - centre) * k).map(|p| face.at(s * p.x, p.y))
        };
        sheet.fill(&blob(&lens(1.22)), Ink(0x08_0608, 1.0));
        sheet.blend(
            &blob(&lens(1.0)),
            (face.at(0.0, -0.5), Ink(0xff_ffff, 1.0)),
            (face.at(0.0, 0.3), Ink(0xb8_c8d8, 1.0)),
        );
    }
    with(&paint, &sheet)
}

/// A dark cowl with ears, a grey suit, a belt.
pub(super) fn bat(cast: &Cast) -> Grid<Light> {
    let tailor = Tailor::new(cast);
    let (dark, grey, gold) = (hex(0x14_161c), hex(0x48_4c56), hex(0xc8_9a28));
    let cowl = |q: Vec2| {
        // The mouth and chin stay free.
        let open = 0.60 + 0.10 * (q.x * 3.0).cos().max(0.0) - 0.25 * (q.x.abs() - 0.1).max(0.0).powi(2);
        smoothstep(open + 0.02, open - 0.02, q.y).max(smoothstep(0.80, 0.86, q.x.abs()))
    };
    let paint = tailor.paint(|spot| {
        let colour = match spot.part {
            Part::Head => {
                let hidden = cowl(spot.face);
                let own = cast.picture.sample(spot.at.x, spot.at.y);
                let cloth = lit(dark, spot);
                return (std::array::from_fn(|c| mix(own[c], cloth[c], hidden)), tailor.masked(spot));
            }
            Part::Neck | Part::Hand | Part::Foot => dark,
            Part::Arm if spot.along > 0.56 => dark,
            Part::Leg if spot.along > 0.60 => dark,
            Part::Trunk if (spot.down - 3.15).abs() < 0.10 => {
                let pouch = lines(spot.across * 3.5, 0.09);
                gold.map(|c| c * (1.0 - 0.6 * pouch))
            }
            Part::Trunk => {
                // Plates over chest and belly.
                let breast = lines((spot.down - 2.05 - 0.18 * spot.across * spot.across) * 1.6, 0.05)
                    * f32::from(u8::from(spot.down > 1.8));
                let middle = lines(spot.across * 0.9, 0.03);
                grey.map(|c| c * (1.0 - 0.55 * breast.max(middle * smoothstep(1.9, 2.1, spot.down))))
            }
            _ => grey,
        };
        (lit(colour, spot), tailor.masked(spot))
    });
    with(&paint, &cowl_shapes(cast))
}

/// Ears, brows, eye slits, the ridge of the nose, and a plate over the breast.
fn cowl_shapes(cast: &Cast) -> Sheet {
    let mut sheet = Sheet::new(cast.size);
    let face = &cast.face;
    for s in [-1.0, 1.0] {
        let ear = [(0.42, -1.52), (0.86, -2.75), (1.17, -0.95)].map(|(x, y)| face.at(s * x, y));
        sheet.blend(
            &polygon(&ear),
            (face.at(s * 0.4, -1.0), Ink(0x1c_1f28, 1.0)),
            (face.at(s * 1.2, -1.4), Ink(0x08_090d, 1.0)),
        );
        let inner = [(0.62, -1.50), (0.86, -2.35), (0.98, -1.25)].map(|(x, y)| face.at(s * x, y));
        sheet.fill(&polygon(&inner), Ink(0x05_0608, 0.8));
        let brow = [(0.10, -0.22), (0.45, -0.34), (0.98, -0.46), (0.92, -0.28), (0.45, -0.16), (0.12, -0.06)]
            .map(|(x, y)| face.at(s * x, y));
        sheet.fill(&blob(&brow), Ink(0x03_0406, 0.9));
        let slit = [(0.25, 0.02), (0.50, -0.13), (0.80, -0.16), (0.72, 0.07), (0.48, 0.11)]
            .map(|(x, y)| face.at(s * x, y));
        sheet.fill(&polygon(&slit), Ink(0xe8_f0ff, 0.95));
    }
    let ridge = [face.at(0.0, -0.5), face.at(-0.13, 0.45), face.at(0.0, 0.66), face.at(0.13, 0.45)];
    sheet.blend(
        &polygon(&ridge),
        (face.at(-0.12, 0.0), Ink(0x30_3440, 0.9)),
        (face.at(0.12, 0.0), Ink(0x0a_0b10, 0.9)),
    );
    // A plate over the breast, of no particular shape.
    let (at, u) = (chest(cast), cast.unit());
    let plate = [(-0.34, -0.10), (0.34, -0.10), (0.22, 0.04), (0.0, 0.20), (-0.22, 0.04)]
        .map(|(x, y)| at + vec2(x, y) * u);
    sheet.blend(
        &polygon(&plate),
        (at - vec2(0.0, 0.1) * u, Ink(0x0a_0b0f, 1.0)),
        (at + vec2(0.0, 0.2) * u, Ink(0x22_2630, 1.0)),
    );
    sheet.stroke(&polygon(&plate), 0.02 * u, Ink(0x5a_6070, 0.9));
    sheet
}

/// Polished plates in red and gold, a helmet, lamps.
pub(super) fn iron(cast: &Cast) -> Grid<Light> {
    let tailor = Tailor::new(cast);
    let (red, gold, steel) = (hex(0xa0_1410), hex(0xd8_9c34), hex(0x50_545c));
    let paint = tailor.paint(|spot| {
        let (base, seam) = match spot.part {
            Part::Head => (red, lines(spot.face.y * 0.8 + 0.3, 0.02)),
            Part::Neck => (steel, lines(spot.down * 18.0, 0.2)),
            Part::Trunk => {
                let belly = spot.down > 2.55 && spot.across.abs() < 0.5 && spot.down < 3.5;
                let bands = if belly { lines(spot.down * 5.0, 0.05) } else { 0.0 };
                let sides = lines(spot.across.abs() * 1.55, 0.03);
                (
                    if belly || spot.down > 3.6 { gold } else { red },
                    bands.max(sides).max(lines(spot.down - 0.55, 0.015)),
                )
            }
            Part::Arm => {
                let upper = (0.16..0.46).contains(&spot.along);
                (
                    if upper { gold } else { red },
                    lines(spot.along * 6.2, 0.05).max(lines(spot.across * 0.9 + 0.5, 0.03)),
                )
            }
            Part::Leg => {
                let thigh = (0.18..0.52).contains(&spot.along);
                (
                    if thigh { gold } else { red },
                    lines(spot.along * 7.0, 0.04).max(lines(spot.across * 0.8 + 0.5, 0.03)),
                )
            }
            Part::Hand | Part::Foot => (red, lines(spot.along * 9.0, 0.1)),
        };
        // Metal: hard light, a bright streak to one side and a dark one to the other.
        let streak = (-((spot.across + 0.38) / 0.16).powi(2)).exp() * 0.55
            + (-((spot.across - 0.62) / 0.1).powi(2)).exp() * 0.25;
        let hard = smoothstep(0.25, 1.15, spot.shade) * 1.05;
        let colour: Rgb = std::array::from_fn(|c| {
            let metal = base[c] * hard + streak * (0.35 * base[c] + 0.22);
            metal * (1.0 - 0.8 * seam)
        });
        (colour.map(|c| c.min(1.0)), tailor.masked(spot))
    });
    with(&paint, &helmet(cast))
}

/// The faceplate with its seams and eyes, and the lamp on the breast.
fn helmet(cast: &Cast) -> Sheet {
    let mut sheet = Sheet::new(cast.size);
    let (face, e) = (&cast.face, cast.face.between());
    let at = |x: f32, y: f32| face.at(x, y);
    let half = [
        (0.0, -0.95),
        (0.55, -0.98),
        (0.62, -0.55),
        (0.92, -0.42),
        (0.95, 0.45),
        (0.72, 1.05),
        (0.60, 1.75),
        (0.0, 1.88),
    ];
    let plate: Vec<Vec2> =
        half.iter().map(|(x, y)| at(*x, *y)).chain(half.iter().rev().map(|(x, y)| at(-x, *y))).collect();
    sheet.blend(&polygon(&plate), (at(-0.9, -0.6), Ink(0xff_d880, 1.0)), (at(0.9, 1.4), Ink(0x9a_621a, 1.0)));
    sheet.stroke(&polygon(&plate), 0.05 * e, Ink(0x2a_1206, 0.9));
    for s in [-1.0, 1.0] {
        let shine = [at(s * 0.16, -0.85), at(s * 0.48, -0.88), at(s * 0.40, -0.45), at(s * 0.18, -0.40)];
        sheet.fill(&polygon(&shine), Ink(0xff_f6dc, 0.35));
        let cheek = [at(s * 0.95, 0.45), at(s * 0.50, 0.60), at(s * 0.42, 1.30), at(s * 0.60, 1.75)];
        sheet.stroke(&line(&cheek), 0.03 * e, Ink(0x4a_2a0a, 0.8));
        let slit = [at(s * 0.20, 0.06), at(s * 0.26, -0.10), at(s * 0.80, -0.14), at(s * 0.78, 0.08)];
        sheet.stroke(&polygon(&slit), 0.10 * e, Ink(0x1a_0c04, 1.0));
        sheet.fill(&polygon(&slit), Ink(0xe8_fbff, 1.0));
        sheet.fill(&ellipse(at(s * 1.16, 0.2), vec2(0.16, 0.34) * e, face.roll()), Ink(0x6a_0c0a, 1.0));
    }
    sheet.stroke(
        &line(&[at(-0.34, 1.28), at(-0.22, 1.22), at(0.22, 1.22), at(0.34, 1.28)]),
        0.035 * e,
        Ink(0x1a_0c04, 1.0),
    );
    let (lamp, u) = (chest(cast), cast.unit());
    sheet.fill(&ellipse(lamp, vec2(0.17, 0.17) * u, 0.0), Ink(0x24_282e, 1.0));
    sheet.stroke(&ellipse(lamp, vec2(0.17, 0.17) * u, 0.0), 0.03 * u, Ink(0xb8_bcc4, 1.0));
    sheet.fill(&ellipse(lamp, vec2(0.115, 0.115) * u, 0.0), Ink(0xd8_f6ff, 1.0));
    sheet
}

/// What of the armour gives light: places and radii in clip pixels.
pub(super) fn lamps(cast: &Cast) -> Vec<(Vec2, f32)> {
    let e = cast.face.between();
    let eyes =
        [-1.0, 1.0].into_iter().flat_map(|s| [0.36, 0.64].map(|x| (cast.face.at(s * x, -0.02), 0.22 * e)));
    let palms = cast.body.arms.iter().map(|arm| (arm.wrist.lerp(arm.hand, 0.45), 0.11 * cast.unit()));
    eyes.chain([(chest(cast), 0.20 * cast.unit())]).chain(palms).collect()
}

/// Blue with red boots and a golden star; the cape hangs behind.
pub(super) fn caped(cast: &Cast) -> Grid<Light> {
    let tailor = Tailor::new(cast);
    let (blue, red, gold) = (hex(0x12_3fae), hex(0xc0_141a), hex(0xf0_c030));
    let paint = tailor.paint(|spot| {
        let colour = match spot.part {
            Part::Head => {
                let own = cast.picture.sample(spot.at.x, spot.at.y);
                return (own, 1.0);
            }
            Part::Neck => {
                let own = cast.picture.sample(spot.at.x, spot.at.y);
                let collar = smoothstep(-0.02, 0.02, spot.face.y - 2.25);
                let cloth = lit(blue, spot);
                return (std::array::from_fn(|c| mix(own[c], cloth[c], collar)), 1.0);
            }
            Part::Hand => return (cast.picture.sample(spot.at.x, spot.at.y), 1.0),
            Part::Trunk if (spot.down - 3.3).abs() < 0.075 => gold,
            Part::Trunk if spot.down > 3.3 => red,
            Part::Leg if spot.along < 0.09 => red,
            Part::Leg if spot.along > 0.60 - 0.03 * (spot.across * 2.0).cos() => red,
            Part::Foot => red,
            _ => blue,
        };
        (lit(colour, spot), 1.0)
    });
    let mut sheet = Sheet::new(cast.size);
    let (at, u) = (chest(cast), cast.unit());
    let star = |radius: f32| -> Vec<Vec2> {
        (0..10)
            .map(|i| {
                let reach = if i % 2 == 0 { radius } else { radius * 0.45 };
                let turn = std::f32::consts::PI + i as f32 * std::f32::consts::PI / 5.0;
                at + Vec2::hanging(turn) * reach
            })
            .collect()
    };
    sheet.fill(&ellipse(at, vec2(0.30, 0.28) * u, 0.0), Ink(0xf0_c030, 1.0));
    sheet.fill(&ellipse(at, vec2(0.26, 0.24) * u, 0.0), Ink(0xb8_1018, 1.0));
    sheet.fill(&polygon(&star(0.20 * u)), Ink(0xff_d850, 1.0));
    // The cape's upper edge lies around the shoulders.
    let body = &cast.body;
    for side in [0, 1] {
        let (neck, tip) = (body.neck[side], body.tips[side]);
        let drape = [
            neck + vec2(0.0, -0.02 * u),
            neck.lerp(tip, 0.5) + vec2(0.0, 0.0),
            tip + vec2(0.0, 0.02 * u),
            neck.lerp(tip, 0.55) + vec2(0.0, 0.17 * u),
            neck.lerp(at, 0.55),
        ];
        sheet.blend(
            &blob(&drape),
            (neck, Ink(0xd8_1c1c, 1.0)),
            (tip + vec2(0.0, 0.2 * u), Ink(0x8a_0a10, 1.0)),
        );
    }
    with(&paint, &sheet)
}
