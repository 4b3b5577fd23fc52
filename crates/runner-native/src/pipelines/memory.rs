//! How much memory models may take.

/// Left to everything else on the machine: activations, pictures, the system.
const RESERVE: u64 = 2 << 30;

/// Bytes that the machine could give to weights now, where the system says. Files that are only cached count as free.
pub(super) fn available() -> Option<u64> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some((kilobytes << 10).saturating_sub(RESERVE))
}
