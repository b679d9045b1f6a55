//! How much memory data may take, and how many threads read them.

use std::sync::OnceLock;

use super::error::Error;

/// Taken as the machine's memory where it cannot be asked.
const ASSUMED: u64 = 16 << 30;

/// Bytes that one data set may take: half of the machine's memory (`MemTotal` on Linux; 16 GiB assumed elsewhere).
pub fn allowed() -> u64 {
    static ALLOWED: OnceLock<u64> = OnceLock::new();
    *ALLOWED.get_or_init(|| {
        let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
        });
        total.map_or(ASSUMED, |kilobytes| kilobytes * 1024) / 2
    })
}

/// Refuse what would take more.
pub(super) fn check(origin: &str, needed: u64) -> Result<(), Error> {
    check_within(origin, needed, allowed())
}

/// Refuse what would take more than is allowed.
pub(super) fn check_within(origin: &str, needed: u64, allowed: u64) -> Result<(), Error> {
    if needed > allowed {
        return Err(Error::TooLarge { origin: origin.to_owned(), needed, allowed });
    }
    Ok(())
}

/// Threads that parse; the result does not depend on it.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(8))
}
