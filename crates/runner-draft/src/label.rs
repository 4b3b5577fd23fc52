//! The word DRAFT in a corner: a draft never passes for the real model.

use crate::colour::{linear, srgb};

/// Five letters of 5 by 7 dots, a byte a row, the highest of the low five bits on the left.
const LETTERS: [[u8; 7]; 5] = [
    [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
    [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
    [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
    [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
    [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
];

/// Writes the label into the lower right corner of `rgba`, about 1.5% of the height tall, on a darkened ground.
pub(crate) fn draw(rgba: &mut [u8], width: usize, height: usize) {
    let dot = (height / 500).max(1);
    let (box_w, box_h) = ((5 * 6 + 3) * dot, 11 * dot);
    if width < box_w + 4 * dot || height < box_h + 4 * dot {
        return;
    }
    let (left, top) = (width - box_w - 2 * dot, height - box_h - 2 * dot);
    for y in 0..box_h {
        for x in 0..box_w {
            let (column, row) = ((x / dot).wrapping_sub(2), (y / dot).wrapping_sub(2));
            let inked = row < 7
                && column < 30
                && column % 6 < 5
                && LETTERS[column / 6][row] >> (4 - column % 6) & 1 == 1;
            let at = ((top + y) * width + left + x) * 4;
            for byte in &mut rgba[at..at + 3] {
                let under = linear(*byte) * 0.45;
                *byte = srgb(if inked { under * 0.1 + 0.8 } else { under });
            }
            rgba[at + 3] = 255;
        }
    }
}
