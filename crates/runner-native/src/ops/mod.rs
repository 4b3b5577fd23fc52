//! The operations that decide how fast a model is, one file each. A file has the plain form, composed of candle's
//! operations and right on every device, and one entry point (`forward`, or the function of the file's name) where a
//! faster form is chosen. On the CPU these are kernels for AVX-512 and AVX2 in the folder of the operation's name, as
//! operations of candle's own kind. Tests hold every form to the plain one.

#![expect(
    clippy::inline_always,
    reason = "what a kernel calls has its instructions only where it becomes part of it, see `simd`"
)]
#![expect(
    clippy::needless_range_loop,
    reason = "small loops over arrays of vectors, of which iterators would make closures without the instructions"
)]

mod attention;
mod conv2d;
mod cpu;
mod gated;
mod group_norm;
mod heads;
mod linear;
mod norm;
mod product;
mod rotary;
mod simd;

pub(crate) use attention::{Mask, attention};
pub(crate) use conv2d::Conv2d;
#[cfg(feature = "bench")]
pub(crate) use conv2d::ConvForm;
pub(crate) use gated::{add_gated, gated_silu};
pub(crate) use group_norm::GroupNorm;
pub(crate) use heads::turned_heads;
pub(crate) use linear::Linear;
pub(crate) use norm::{LayerNorm, RmsNorm, modulated_norm};
pub(crate) use rotary::{Pairs, Rotary};
