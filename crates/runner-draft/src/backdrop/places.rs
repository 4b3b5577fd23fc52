//! Places out of focus: sky, ground and a few things that everybody knows.
//!
//! Decided here: each place is a handful of flat shapes in linear light, each hour a palette for sky, ground and lamps.
//! The lens makes them believable; nothing here would bear being sharp.

use super::{Backdrop, Chance, clouds, coarse, lens::defocus};
use crate::colour::{Rgb, linear_from_srgb};
use crate::geometry::{Vec2, mix, smoothstep, vec2};
use crate::raster::Grid;

/// A place that a portrait can be set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Studio,
    Office,
    Stadium,
    Paris,
    Beach,
    Forest,
    City,
    Mountains,
    Garden,
    Space,
}

/// What light the place has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hour {
    Day,
    Sunset,
    Night,
    Neon,
}

/// Colours of an hour, in linear light.
struct Palette {
    zenith: Rgb,
    horizon: Rgb,
    /// Light on things that stand in it.
    things: Rgb,
    /// Lamps and lit windows.
    lamps: [Rgb; 3],
    /// How many lamps are on, `0..=1`.
    on: f32,
}

fn palette(hour: Hour) -> Palette {
    match hour {
        Hour::Day => Palette {
            zenith: [0.16, 0.36, 0.78],
            horizon: [0.78, 0.90, 1.05],
            things: [0.95, 0.95, 0.92],
            lamps: [[1.4, 1.3, 1.1]; 3],
            on: 0.15,
        },
        Hour::Sunset => Palette {
            zenith: [0.20, 0.19, 0.42],
            horizon: [1.75, 0.72, 0.26],
            things: [0.62, 0.36, 0.26],
            lamps: [[2.6, 1.5, 0.6], [2.2, 1.2, 0.5], [2.4, 1.9, 1.1]],
            on: 0.5,
        },
        Hour::Night => Palette {
            zenith: [0.006, 0.009, 0.028],
            horizon: [0.04, 0.05, 0.12],
            things: [0.045, 0.05, 0.075],
            lamps: [[3.4, 2.3, 1.0], [2.6, 2.7, 3.0], [3.2, 1.6, 0.7]],
            on: 1.0,
        },
        Hour::Neon => Palette {
            zenith: [0.022, 0.008, 0.05],
            horizon: [0.16, 0.03, 0.20],
            things: [0.07, 0.035, 0.11],
            lamps: [[3.6, 0.25, 1.9], [0.2, 2.2, 3.2], [2.2, 0.5, 3.4]],
            on: 1.3,
        },
    }
}

/// A picture in coordinates of heads: x to the right of the face, y down from the eyes.
struct Scene {
    light: Grid<Rgb>,
    head: Vec2,
    unit: f32,
}

impl Scene {
    fn each(&mut self, colour: impl Fn(Vec2, Rgb) -> Rgb + Sync) {
        let (head, unit) = (self.head, self.unit);
        let before = &self.light;
        self.light = Grid::par_from_fn(before.width, before.height, |x, y| {
            colour((vec2(x as f32, y as f32) - head) * (1.0 / unit), before.at(x, y))
        });
    }

    fn disc(&mut self, at: Vec2, radius: f32, colour: Rgb) {
        let (centre, reach) = (self.head + at * self.unit, (radius * self.unit).max(0.6));
        let from = |v: f32| v.max(0.0) as usize;
        for y in from(centre.y - reach)..from(centre.y + reach + 1.0).min(self.light.height) {
            for x in from(centre.x - reach)..from(centre.x + reach + 1.0).min(self.light.width) {
                if (vec2(x as f32, y as f32) - centre).length() <= reach {
                    self.light.set(x, y, colour);
                }
            }
        }
    }

    /// Edges of what is seen, in heads: left, top, right, bottom.
    fn view(&self) -> [f32; 4] {
        let (w, h) = (self.light.width as f32, self.light.height as f32);
        [
            -self.head.x / self.unit,
            -self.head.y / self.unit,
            (w - self.head.x) / self.unit,
            (h - self.head.y) / self.unit,
        ]
    }

    /// Lamps strewn over a band of rows.
    fn lamps(
        &mut self,
        chance: &mut Chance,
        palette: &Palette,
        count: f32,
        [top, bottom]: [f32; 2],
        size: [f32; 2],
    ) {
        let [left, _, right, _] = self.view();
        for _ in 0..(count * palette.on * (right - left)) as usize {
            let at = vec2(chance.within(left, right), chance.within(top, bottom));
            let colour = chance.pick(&palette.lamps).map(|c| c * 1.0);
            let bright = chance.within(0.5, 1.6);
            self.disc(at, chance.within(size[0], size[1]), colour.map(|c| c * bright));
        }
    }
}

fn blend(a: Rgb, b: Rgb, t: f32) -> Rgb {
    std::array::from_fn(|c| mix(a[c], b[c], t))
}

fn times(a: Rgb, b: Rgb) -> Rgb {
    std::array::from_fn(|c| a[c] * b[c])
}

/// A place behind a head of `unit` pixels at `head`. `accent` (sRGB) colours what a place leaves open.
pub(crate) fn place(
    place: Place,
    hour: Hour,
    accent: Option<Rgb>,
    size: [usize; 2],
    (head, unit): (Vec2, f32),
    seed: u64,
) -> Backdrop {
    let mut chance = Chance::new(seed ^ 0x0091_ACE5);
    let [width, height] = coarse(size);
    let scale = width as f32 / size[0] as f32;
    let mut scene =
        Scene { light: Grid::new(width, height, [0.0; 3]), head: head * scale, unit: unit * scale };
    let palette = palette(hour);
    let horizon = match place {
        Place::Beach => 0.45,
        Place::Mountains => 0.8,
        _ => 0.65,
    };
    let [_, top, _, _] = scene.view();
    let turn = chance.within(0.0, 60.0);
    scene.each(|p, _| {
        let t = smoothstep(horizon, top.min(-0.9), p.y);
        let sky = blend(palette.horizon, palette.zenith, t);
        let cloud = smoothstep(0.05, 0.6, clouds(p.x * 0.8 + turn, p.y * 2.2 + turn, 4)) * 0.55;
        blend(sky, blend(palette.horizon, [1.1; 3], 0.25).map(|c| c * 0.95), cloud * (1.0 - 0.4 * t))
    });
    match place {
        Place::Stadium => stadium(&mut scene, &mut chance, &palette, accent),
        Place::Paris => paris(&mut scene, &mut chance, &palette),
        Place::Beach => beach(&mut scene, &mut chance, &palette, hour),
        Place::Forest | Place::Garden => woods(&mut scene, &mut chance, &palette, place),
        Place::Mountains => mountains(&mut scene, &mut chance, &palette),
        Place::Space => space(&mut scene, &mut chance, accent),
        _ => city(&mut scene, &mut chance, &palette),
    }
    let sharp = match place {
        Place::Space => 0.012,
        Place::Paris | Place::Mountains | Place::Beach => 0.035,
        _ => 0.055,
    };
    let blurred = defocus(&scene.light, (sharp * scene.unit).max(1.0));
    let blurred = defocus(&blurred, (0.4 * sharp * scene.unit).max(1.0));
    let tint = accent.filter(|_| matches!(place, Place::City | Place::Forest | Place::Garden | Place::Paris));
    let tint = tint.map_or([1.0; 3], |accent| accent.map(|c| 0.75 + 0.6 * linear_from_srgb(c)));
    Backdrop { light: blurred.map(|rgb| times(rgb, tint).map(|c| 1.05 * (1.0 - (-1.15 * c).exp()))) }
}

fn stadium(scene: &mut Scene, chance: &mut Chance, palette: &Palette, accent: Option<Rgb>) {
    let shirts: [Rgb; 5] =
        [[0.6, 0.08, 0.07], [0.08, 0.15, 0.5], [0.75, 0.73, 0.7], [0.75, 0.55, 0.1], [0.12, 0.12, 0.14]];
    let team = accent.map(|accent| accent.map(linear_from_srgb));
    let lit = blend(palette.things, [1.0, 1.0, 0.95], 0.45);
    let cells: Vec<Rgb> = (0..4096)
        .map(|_| {
            let shirt =
                team.filter(|_| chance.within(0.0, 1.0) < 0.55).unwrap_or_else(|| chance.pick(&shirts));
            let bright = chance.within(0.35, 1.1);
            times(shirt, lit).map(|c| c * bright)
        })
        .collect();
    scene.each(|p, sky| {
        let curve = 0.06 * p.x * p.x;
        let roof = -0.62 + curve * 0.6;
        let pitch = 0.75 + 0.0 * curve;
        if p.y > pitch {
            let stripe = ((p.x / (0.35 + p.y - pitch)) * 1.2).floor() as i32 % 2 == 0;
            return times([0.10, if stripe { 0.30 } else { 0.24 }, 0.07], lit).map(|c| c * 1.5);
        }
        if p.y > pitch - 0.1 {
            let board = ((p.x * 1.3).floor() as usize) % 3;
            return times([[0.7, 0.1, 0.1], [0.1, 0.25, 0.7], [0.8, 0.8, 0.82]][board], lit);
        }
        if p.y > roof {
            let (column, row) = ((p.x * 16.0 + 500.0) as usize, ((p.y + 4.0 - curve) * 20.0) as usize);
            let aisle = (column % 17) == 0 || (row % 12) == 0;
            let shade = mix(0.55, 1.1, smoothstep(roof, pitch, p.y));
            let cell = cells[(column * 131 + row * 977) % cells.len()];
            return if aisle { lit.map(|c| c * 0.22 * shade) } else { cell.map(|c| c * shade) };
        }
        if p.y > roof - 0.09 { lit.map(|c| c * 0.12) } else { sky }
    });
    let tower = chance.within(0.8, 0.95);
    for x in [-tower, tower + 0.05, tower + 1.0, -tower - 1.0] {
        for row in 0..3 {
            for column in 0..5 {
                let at = vec2(x - 0.2 + 0.1 * column as f32, -0.98 + 0.1 * row as f32);
                scene.disc(at, 0.034, [7.0, 7.4, 8.0]);
            }
        }
    }
}

fn paris(scene: &mut Scene, chance: &mut Chance, palette: &Palette) {
    let x0 = if chance.within(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 } * chance.within(0.52, 0.64);
    let things = palette.things;
    let iron = times([0.34, 0.27, 0.22], blend(things, palette.horizon, 0.25)).map(|c| c * 0.8);
    let (foot, tip) = (0.95, -1.05);
    let roofs: Vec<f32> = (0..64).map(|_| chance.within(0.56, 0.74)).collect();
    scene.each(|p, sky| {
        let t = (foot - p.y) / (foot - tip);
        let mut colour = sky;
        if (0.0..1.0).contains(&t) {
            // The legs fall away as the tower's own curve does.
            let half = 0.34 * (-3.1 * t).exp() + 0.012;
            let dx = (p.x - x0).abs();
            let arch = t < 0.2 && dx < 0.24 * (1.0 - (t / 0.2).powi(2)).max(0.0).sqrt();
            let hollow = (0.25..0.5).contains(&t) && dx < half * 0.42;
            let deck =
                [0.215, 0.385, 0.90].iter().any(|deck| (t - deck).abs() < 0.012) && dx < half * 1.25 + 0.012;
            let lattice = 0.75 + 0.25 * ((t * 90.0).sin() * ((p.x - x0) * 120.0).sin());
            if (dx < half && !arch && !hollow) || deck {
                colour = iron.map(|c| c * lattice * if p.x < x0 { 1.15 } else { 0.8 });
            }
        }
        let block = ((p.x + 20.0) / 0.42) as usize % roofs.len();
        let roof = roofs[block];
        if p.y > roof {
            let window =
                ((p.x * 26.0).fract().abs() < 0.4) && ((p.y * 16.0).fract() < 0.55) && p.y > roof + 0.08;
            let wall = if p.y < roof + 0.08 { [0.24, 0.26, 0.30] } else { [0.62, 0.55, 0.44] };
            let lit = window && (block * 7 + (p.y * 16.0) as usize * 3) % 5 < 2 && palette.on > 0.4;
            colour = if lit {
                palette.lamps[0].map(|c| c * 0.6)
            } else {
                times(wall, things).map(|c| c * if window { 0.45 } else { 0.85 })
            };
        }
        if p.y > 1.05 {
            let leaf = 0.6 + 0.5 * clouds(p.x * 7.0, p.y * 7.0, 3);
            colour = times([0.13, 0.21, 0.08], things).map(|c| c * leaf * 1.3);
        }
        colour
    });
    if palette.on > 0.9 {
        for step in 0..70 {
            let t = step as f32 / 70.0;
            let half = 0.34 * (-3.1 * t).exp() + 0.012;
            let at = vec2(x0 + chance.within(-half, half), mix(foot, tip, t));
            scene.disc(at, 0.012, [4.5, 3.1, 1.2]);
        }
    }
    scene.lamps(chance, palette, 9.0, [0.75, 1.25], [0.012, 0.028]);
}

fn beach(scene: &mut Scene, chance: &mut Chance, palette: &Palette, hour: Hour) {
    let sun = vec2(chance.within(0.55, 0.8) * chance.pick(&[-1.0, 1.0]), 0.18);
    let low = hour == Hour::Sunset;
    if low {
        scene.disc(sun, 0.13, [9.0, 5.0, 1.8]);
    }
    let turn = chance.within(0.0, 40.0);
    scene.each(|p, sky| {
        if p.y < 0.45 {
            let glow = if low { (-((p - sun).length() * 2.2)).exp() * 0.9 } else { 0.0 };
            return [sky[0] + glow, sky[1] + glow * 0.5, sky[2] + glow * 0.15];
        }
        let surf = 1.0 + 0.06 * clouds(p.x * 1.3 + turn, 0.3, 3);
        if p.y < surf {
            let far = (p.y - 0.45) / 0.55;
            let waves = clouds(p.x * 2.0 + turn, p.y * 22.0, 3);
            let deep = blend(times([0.03, 0.17, 0.24], palette.things), palette.horizon, 0.32 - 0.12 * far);
            let foam = smoothstep(0.35, 0.6, waves) * 0.35 + smoothstep(surf - 0.07, surf, p.y) * 0.7;
            let path =
                if low { (-((p.x - sun.x) / (0.1 + 0.25 * far)).powi(2)).exp() * (0.7 + waves) } else { 0.0 };
            let water = blend(deep, palette.things, foam);
            return [water[0] + path * 2.0, water[1] + path * 0.95, water[2] + path * 0.3];
        }
        let wet = smoothstep(surf, surf + 0.12, p.y);
        let grain = 1.0 + 0.15 * clouds(p.x * 9.0, p.y * 12.0, 3);
        times(blend([0.38, 0.29, 0.2], [0.80, 0.64, 0.44], wet), palette.things).map(|c| c * grain)
    });
}

fn woods(scene: &mut Scene, chance: &mut Chance, palette: &Palette, place: Place) {
    let turn = chance.within(0.0, 50.0);
    let garden = place == Place::Garden;
    let leaf = if garden { [0.20, 0.36, 0.09] } else { [0.08, 0.20, 0.06] };
    let open = if garden { 0.15 } else { 0.32 };
    scene.each(|p, sky| {
        let mass = clouds(p.x * 1.4 + turn, p.y * 1.2, 5);
        let fine = clouds(p.x * 8.0, p.y * 8.0 + turn, 3);
        let gap = smoothstep(open, open + 0.35, mass + 0.25 * fine - 0.25 * p.y);
        let lit = 0.75 + 0.9 * fine.max(-0.5) + 0.35 * mass;
        let green = times(leaf, palette.things).map(|c| c * lit.max(0.15) * 1.5);
        let ground = times([0.17, 0.2, 0.07], palette.things).map(|c| c * (1.0 + 0.4 * fine));
        let colour = blend(green, sky.map(|c| c * 0.9), gap);
        blend(colour, ground, smoothstep(0.95, 1.15, p.y))
    });
    if !garden {
        let [left, top, right, bottom] = scene.view();
        for _ in 0..(7.0 * (right - left)) as usize {
            let (x, wide) = (chance.within(left, right), chance.within(0.02, 0.085));
            let lean = chance.within(-0.05, 0.05);
            let far = chance.within(0.25, 0.9);
            let bark =
                blend(times([0.11, 0.085, 0.065], palette.things), times(leaf, palette.horizon), 0.3 * far);
            scene.each(|p, before| {
                let dx = (p.x - x - lean * p.y) / wide;
                if dx.abs() < 1.0 && p.y > top && p.y < bottom.min(1.2) {
                    bark.map(|c| c * mix(1.5, 0.5, f32::midpoint(dx, 1.0)))
                } else {
                    before
                }
            });
        }
    }
    // Light between leaves, and flowers.
    let [left, top, right, _] = scene.view();
    for _ in 0..(26.0 * (right - left)) as usize {
        let at = vec2(chance.within(left, right), chance.within(top, 0.3));
        let glint = blend(palette.horizon, [1.4, 1.5, 0.7], 0.5).map(|c| c * 1.6);
        scene.disc(at, chance.within(0.012, 0.035), glint);
    }
    if garden {
        let petals: [Rgb; 4] = [[0.85, 0.12, 0.28], [0.9, 0.75, 0.85], [0.95, 0.65, 0.1], [0.5, 0.2, 0.7]];
        for _ in 0..(46.0 * (right - left)) as usize {
            let at = vec2(chance.within(left, right), chance.within(0.45, 1.5));
            let petal = times(chance.pick(&petals), palette.things);
            scene.disc(at, chance.within(0.02, 0.055), petal.map(|c| c * 1.4));
        }
    }
}

fn mountains(scene: &mut Scene, chance: &mut Chance, palette: &Palette) {
    for (layer, base) in [(0, -0.05), (1, 0.3), (2, 0.65)] {
        let turn = chance.within(0.0, 90.0);
        let near = layer as f32 / 2.0;
        scene.each(|p, before| {
            let ridge =
                base - (0.62 - 0.2 * near) * (0.5 + 0.5 * clouds(p.x * 0.75 + turn, 0.5 + near, 5)).powf(1.3);
            if p.y < ridge {
                return before;
            }
            let slope = clouds(p.x * 4.0 + turn, p.y * 5.0 + p.x * 3.0, 4);
            let snow = smoothstep(0.28, 0.1, p.y - ridge + 0.12 * slope) * (1.0 - 0.7 * near);
            let rock = blend([0.16, 0.18, 0.22], [0.08, 0.14, 0.06], near);
            let own =
                times(blend(rock, [0.95, 0.97, 1.0], snow), palette.things).map(|c| c * (1.0 + 0.45 * slope));
            blend(own, palette.horizon, 0.5 - 0.25 * layer as f32)
        });
    }
}

fn city(scene: &mut Scene, chance: &mut Chance, palette: &Palette) {
    for layer in 0..3_usize {
        let near = layer as f32 / 2.0;
        let wide = mix(0.26, 0.55, near);
        let towers: Vec<[f32; 2]> =
            (0..64).map(|_| [chance.within(-0.9, 0.45) - 0.1 * near, chance.within(0.6, 1.2)]).collect();
        let turn = chance.within(0.0, 20.0);
        let on = palette.on;
        let lamps = palette.lamps;
        scene.each(|p, before| {
            let place = (p.x + turn + 40.0) / wide;
            let block = place as usize % towers.len();
            let [roof, tone] = towers[block];
            // Streets between blocks, the middle one wide open.
            let street = place.fract() < 0.1 || (layer == 2 && p.x.abs() < 0.55);
            if p.y < roof || street {
                return before;
            }
            let (column, row) = ((place.fract() * 9.0) as usize, ((p.y + 4.0) * 17.0) as usize);
            let pane = (place.fract() * 9.0).fract() > 0.3 && ((p.y + 4.0) * 17.0).fract() > 0.4;
            let lit =
                pane && ((column * 37 + row * 101 + block * 53) % 97) as f32 / 97.0 < 0.42 * on.min(1.0);
            let wall = times([0.42, 0.40, 0.39], palette.things).map(|c| c * tone * mix(1.0, 0.6, near));
            let own = if lit && on > 0.3 {
                lamps[(column + row + block) % 3].map(|c| c * 0.5)
            } else if pane {
                blend(wall.map(|c| c * 0.55), palette.horizon, 0.25)
            } else {
                wall
            };
            blend(own, palette.horizon, 0.45 * (1.0 - near))
        });
    }
    scene.each(|p, before| {
        let road = times([0.16, 0.16, 0.17], palette.things);
        blend(before, road, smoothstep(1.0, 1.1, p.y))
    });
    scene.lamps(chance, palette, 16.0, [0.1, 1.2], [0.02, 0.05]);
}

fn space(scene: &mut Scene, chance: &mut Chance, accent: Option<Rgb>) {
    let turn = chance.within(0.0, 70.0);
    let glow = accent.map_or([0.35, 0.10, 0.55], |accent| accent.map(linear_from_srgb));
    scene.each(|p, _| {
        let cloud = smoothstep(-0.1, 0.7, clouds(p.x * 0.9 + turn, p.y * 0.9, 5));
        let other = smoothstep(0.0, 0.8, clouds(p.x * 1.3, p.y * 1.3 + turn, 5));
        std::array::from_fn(|c| 0.004 + glow[c] * 0.7 * cloud + [0.03, 0.16, 0.30][c] * other)
    });
    let [left, top, right, bottom] = scene.view();
    for _ in 0..260 {
        let at = vec2(chance.within(left, right), chance.within(top, bottom));
        let bright = chance.within(0.3, 2.2).powi(2);
        scene.disc(at, chance.within(0.003, 0.011), [bright, bright, bright * 1.15]);
    }
    let planet = vec2(chance.pick(&[-0.75, 0.75]), -0.62);
    let sun = vec2(-0.6, -0.5);
    scene.each(|p, before| {
        let off = (p - planet) * (1.0 / 0.27);
        if off.length() > 1.0 {
            return before;
        }
        let z = (1.0 - off.dot(off)).sqrt();
        let lit = (off.dot(sun) + 0.6 * z).max(0.02);
        let band = 0.8 + 0.3 * clouds(off.x * 0.8 + turn, off.y * 6.0, 3);
        [0.85 * lit * band, 0.55 * lit * band, 0.35 * lit]
    });
}
