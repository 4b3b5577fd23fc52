//! The inner loop of all products: a tile of the result stays in registers while its sums grow.

use super::simd::Simd;

/// A tile: `ACROSS` vectors by `DOWN` numbers.
pub(crate) type Tile<S, const ACROSS: usize, const DOWN: usize> = [[<S as Simd>::V; ACROSS]; DOWN];

/// A tile of zeros.
#[inline(always)]
pub(crate) fn zeros<S: Simd, const ACROSS: usize, const DOWN: usize>(s: S) -> Tile<S, ACROSS, DOWN> {
    [[s.splat(0.0); ACROSS]; DOWN]
}

/// Adds the outer product of each row of `a` (`ACROSS` vectors) with one of `b` (`DOWN` numbers). Rows of `a` lie one after
/// another; those of `b` begin every `stride` numbers.
#[inline(always)]
pub(crate) fn add_products<S: Simd, const ACROSS: usize, const DOWN: usize>(
    s: S,
    tile: &mut Tile<S, ACROSS, DOWN>,
    a: &[f32],
    b: &[f32],
    stride: usize,
) {
    let mut sums = *tile;
    for (a, b) in a.chunks_exact(ACROSS * S::LANES).zip(b.chunks(stride)) {
        add_outer(s, &mut sums, a, &b[..DOWN]);
    }
    *tile = sums;
}

/// The same where `b` is given by columns, each as long as `a` has rows.
#[inline(always)]
pub(crate) fn add_products_by_columns<S: Simd, const ACROSS: usize, const DOWN: usize>(
    s: S,
    tile: &mut Tile<S, ACROSS, DOWN>,
    a: &[f32],
    columns: [&[f32]; DOWN],
) {
    let (mut sums, width) = (*tile, ACROSS * S::LANES);
    let rows = a.len() / width;
    // Cut to the same length, so that indices need no check in the loop.
    let mut columns = columns;
    for column in &mut columns {
        *column = &column[..rows];
    }
    for row in 0..rows {
        let a = &a[row * width..][..width];
        let mut b = [0.0; DOWN];
        for down in 0..DOWN {
            b[down] = columns[down][row];
        }
        add_outer(s, &mut sums, a, &b);
    }
    *tile = sums;
}

#[inline(always)]
fn add_outer<S: Simd, const ACROSS: usize, const DOWN: usize>(
    s: S,
    sums: &mut Tile<S, ACROSS, DOWN>,
    a: &[f32],
    b: &[f32],
) {
    let mut vectors = [s.splat(0.0); ACROSS];
    for across in 0..ACROSS {
        vectors[across] = s.load(&a[across * S::LANES..]);
    }
    for down in 0..DOWN {
        let number = s.splat(b[down]);
        for across in 0..ACROSS {
            sums[down][across] = s.mul_add(vectors[across], number, sums[down][across]);
        }
    }
}
