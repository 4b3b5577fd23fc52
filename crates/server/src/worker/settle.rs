//! Settlement: what a run that succeeded is charged, by what it used.

use atelier_domain::catalogue::{OutputUsage, Usage};
use atelier_domain::{Job, Money, Output, Picture, Task, Timestamp};

/// What prices count of a staged job.
pub(super) fn input_sizes(job: &Job<Picture>) -> Vec<(u32, u32)> {
    job.inputs().into_iter().map(|(_, picture)| (picture.width(), picture.height())).collect()
}

/// The charge for a run that ended at `ended`. Never more than was reserved: that is what its caller agreed to,
/// and what a run needs beyond it is the operator's loss, who is told to reserve more.
pub(super) fn cost(task: &Task, ended: Timestamp, outputs: &[Output], inputs: Vec<(u32, u32)>) -> Money {
    // A task without a tariff is free, or was submitted to a version that charged what it reserved.
    let Some(price) = &task.tariff else { return task.price };
    let outputs = outputs.iter().map(|output| OutputUsage {
        width: output.width,
        height: output.height,
        length: output.length,
    });
    let elapsed = task.timeline.accepted.map(|accepted| ended.since(accepted)).unwrap_or_default();
    let cost = price.cost(&Usage { elapsed, outputs: outputs.collect(), inputs });
    if cost > task.price {
        tracing::warn!(
            task = %task.id, tool = %task.tool, %cost, reserved = %task.price,
            "a run used more than its price reserves; the rest is not charged: raise `reserve` in its catalogue file"
        );
    }
    cost.min(task.price)
}
