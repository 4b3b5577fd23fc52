//! Gates of transformer blocks, number by number, each in one pass over memory.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};

use super::cpu::{self, Tokens};
use super::simd::{Kernel, Level, Simd, silu, with_level};

/// `silu(gate) value`, both (batch, tokens, width).
pub(crate) fn gated_silu(gate: &Tensor, value: &Tensor) -> Result<Tensor> {
    match cpu::level(gate) {
        Some(level) => cpu::rows(gate)?.apply_op2_no_bwd(&cpu::rows(value)?, &GatedSilu { level }),
        None => gate.silu()? * value,
    }
}

/// `x + gate change`: x and change are (batch, tokens, width), the gate is one token's and holds for all.
pub(crate) fn add_gated(x: &Tensor, change: &Tensor, gate: &Tensor) -> Result<Tensor> {
    match cpu::level(x) {
        Some(level) => {
            let gate = gate.flatten_all()?.contiguous()?;
            cpu::rows(x)?.apply_op3_no_bwd(&cpu::rows(change)?, &gate, &AddGated { level })
        }
        None => x + change.broadcast_mul(gate)?,
    }
}

struct GatedSilu {
    level: Level,
}

impl CustomOp2 for GatedSilu {
    fn name(&self) -> &'static str {
        "gated silu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        value: &CpuStorage,
        value_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gates, values) = (Tokens::of(gate, gate_layout)?, Tokens::of(value, value_layout)?);
        let level = self.level;
        gates.check(&values)?;
        let out = gates.map(|token, gate, to| {
            let value = values.row(token);
            with_level!(level, simd => simd.run(SiluRow { simd, gate, value, to }));
        });
        Ok((CpuStorage::F32(out), gate_layout.shape().clone()))
    }
}

struct AddGated {
    level: Level,
}

impl CustomOp3 for AddGated {
    fn name(&self) -> &'static str {
        "gated addition"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        change: &CpuStorage,
        change_layout: &Layout,
        gate: &CpuStorage,
        gate_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, changes) = (Tokens::of(x, x_layout)?, Tokens::of(change, change_layout)?);
        let gate = cpu::contiguous(gate, gate_layout)?;
        if gate.len() != rows.width() {
            candle_core::bail!("a gate of {} meets tokens of {}", gate.len(), rows.width());
        }
        let level = self.level;
        rows.check(&changes)?;
        let out = rows.map(|token, x, to| {
            let change = changes.row(token);
            with_level!(level, simd => simd.run(AddRow { simd, x, change, gate, to }));
        });
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }
}

struct SiluRow<'a, S> {
    simd: S,
    gate: &'a [f32],
    value: &'a [f32],
    to: &'a mut [f32],
}

impl<S: Simd> Kernel for SiluRow<'_, S> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let s = self.simd;
        let inputs = self.gate.chunks(S::LANES).zip(self.value.chunks(S::LANES));
        for (to, (gate, value)) in self.to.chunks_mut(S::LANES).zip(inputs) {
            s.store_part(s.mul(silu(s, s.load_part(gate)), s.load_part(value)), to);
        }
    }
}

struct AddRow<'a, S> {
    simd: S,
    x: &'a [f32],
    change: &'a [f32],
    gate: &'a [f32],
    to: &'a mut [f32],
}

impl<S: Simd> Kernel for AddRow<'_, S> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let s = self.simd;
        let inputs =
            self.x.chunks(S::LANES).zip(self.change.chunks(S::LANES)).zip(self.gate.chunks(S::LANES));
        for (to, ((x, change), gate)) in self.to.chunks_mut(S::LANES).zip(inputs) {
            s.store_part(s.mul_add(s.load_part(change), s.load_part(gate), s.load_part(x)), to);
        }
    }
}

#[cfg(test)]
mod tests;
