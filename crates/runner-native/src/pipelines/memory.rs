//! How much memory models may take.

/// Bytes that the machine could give to weights now, where the system says: three quarters of what is available, so that
/// activations have room. Files that are only cached count as available.
pub(super) fn available() -> Option<u64> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some((kilobytes << 10) / 4 * 3)
}
