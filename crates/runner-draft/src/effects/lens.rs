//! Effects of the camera alone: the orbit with a dolly zoom, and the push into an eye.

use std::f32::consts::TAU;

use crate::effects::Act;
use crate::effects::camera::Camera;
use crate::effects::cast::Cast;
use crate::effects::draw::{Ink, Sheet, ellipse, line};
use crate::effects::frame::Frame;
use crate::geometry::{Vec2, mix, smoothstep, vec2};

/// Half an orbit to both sides, then the background rushes away behind a person who stays; a viewfinder over it.
pub(super) struct CameraControls {
    pivot: Vec2,
}

impl CameraControls {
    pub(super) fn new(cast: &Cast, _seed: u64) -> Self {
        // Near the face, or zooming would push it out of the frame.
        let pivot = vec2(cast.body.head.x, cast.body.chin);
        Self { pivot }
    }
}

impl Act for CameraControls {
    fn draw(&self, time: f32, cast: &Cast, frame: &mut Frame) {
        let begin = smoothstep(0.0, 0.3, time);
        let swing = (time * TAU / 2.0).sin() * begin * smoothstep(2.3, 1.6, time);
        let dolly = smoothstep(1.7, 3.1, time);
        let (unit, width) = (cast.unit(), cast.width());
        let near = Camera {
            zoom: 1.0 + 0.12 * begin * smoothstep(0.0, 1.0, time) + 0.1 * dolly,
            shift: vec2(swing * -0.045 * width, 0.0),
            ..Camera::at(self.pivot)
        };
        let far = Camera {
            zoom: 1.0 + 0.04 * begin + 0.75 * dolly,
            shift: vec2(swing * 0.075 * width, -0.02 * dolly * cast.height()),
            ..Camera::at(self.pivot)
        };
        let turn = swing * 0.5;
        frame.each(|p, _| cast.plate_at(far.back(p)));
        frame.lay(|p| {
            let q = near.back(p);
            // A body turned about its axis: the far side narrower, the near one wider.
            let off = (q.x - self.pivot.x) / (1.4 * unit);
            let x = self.pivot.x + (q.x - self.pivot.x) / (1.0 - 0.06 * turn.abs())
                - turn * 0.07 * unit * (off * off - 0.3).clamp(-0.3, 0.8);
            let light = cast.figure_at(vec2(x, q.y));
            let lit = 1.0 + 0.25 * turn * off.clamp(-1.0, 1.0);
            [light[0] * lit, light[1] * lit, light[2] * lit, light[3]]
        });
        let mut sheet = Sheet::new(cast.size);
        viewfinder(&mut sheet, cast, &near, time, begin, mix(0.15, 0.9, dolly));
        frame.over(&sheet);
    }
}

/// Corner brackets, thirds, a focus square on the face and a zoom scale with its mark at `zoom` in `0..=1`.
fn viewfinder(sheet: &mut Sheet, cast: &Cast, camera: &Camera, time: f32, share: f32, zoom: f32) {
    let (w, h) = (cast.width(), cast.height());
    let m = 0.04 * w.min(h);
    let white = Ink(0xff_ffff, 0.85 * share);
    let stroke = (w.min(h) / 240.0).max(1.5);
    for (sx, sy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
        let at = |x: f32, y: f32| vec2(mix(m + x, w - m - x, sx), mix(m + y, h - m - y, sy));
        sheet.stroke(&line(&[at(1.6 * m, 0.0), at(0.0, 0.0), at(0.0, 1.6 * m)]), stroke * 1.5, white);
    }
    let faint = white.times(0.25);
    for i in [1.0, 2.0] {
        let (x, y) = (w * i / 3.0, h * i / 3.0);
        sheet.stroke(&line(&[vec2(x, m), vec2(x, h - m)]), stroke * 0.5, faint);
        sheet.stroke(&line(&[vec2(m, y), vec2(w - m, y)]), stroke * 0.5, faint);
    }
    let face = camera.see(cast.face.at(0.0, 0.45));
    let half = 1.7
        * cast.face.between()
        * camera.zoom
        * (1.0 + 0.12 * (time * 9.0).cos() * smoothstep(1.0, 0.3, time));
    let focus = Ink(0xff_d84a, 0.95 * share);
    for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
        let at = |x: f32, y: f32| face + vec2(sx * half * x, sy * half * y);
        sheet.stroke(&line(&[at(0.65, 1.0), at(1.0, 1.0), at(1.0, 0.65)]), stroke * 1.3, focus);
    }
    let (x, top, bottom) = (w - 1.9 * m, h * 0.3, h * 0.7);
    sheet.stroke(&line(&[vec2(x, top), vec2(x, bottom)]), stroke, white);
    for i in 0..=8 {
        let y = mix(top, bottom, i as f32 / 8.0);
        let long = if i % 4 == 0 { 0.7 } else { 0.35 } * m;
        sheet.stroke(&line(&[vec2(x, y), vec2(x - long, y)]), stroke * 0.7, white);
    }
    let mark = vec2(x, mix(bottom, top, zoom));
    sheet.fill(&ellipse(mark, vec2(0.4 * m, 0.4 * m), 0.0), focus);
    let blink = if (time * 2.0).fract() < 0.6 { share } else { 0.0 };
    sheet.fill(&ellipse(vec2(1.9 * m, 1.9 * m), vec2(0.35 * m, 0.35 * m), 0.0), Ink(0xff_2a20, blink));
}
