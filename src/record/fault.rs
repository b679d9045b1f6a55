//! For tests: a process that dies, or whose disk is full, once it has written so many bytes.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static WRITTEN: AtomicU64 = AtomicU64::new(0);
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);
static DIES: AtomicBool = AtomicBool::new(true);

/// What happens to whoever would write more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process ends in the middle of the write, as when it is killed.
    Dies,
    /// The disk takes no more.
    Full,
}

/// From here on this process may write so many bytes.
pub fn after(bytes: u64, fault: Fault) {
    WRITTEN.store(0, Ordering::SeqCst);
    DIES.store(fault == Fault::Dies, Ordering::SeqCst);
    LIMIT.store(bytes, Ordering::SeqCst);
}

/// How many bytes were written, or would have been.
pub fn written() -> u64 {
    WRITTEN.load(Ordering::SeqCst)
}

/// The bytes are about to be written: nothing happens, or what may still be written is.
pub(super) fn meet(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let before = WRITTEN.fetch_add(bytes.len() as u64, Ordering::SeqCst);
    let left = LIMIT.load(Ordering::SeqCst).saturating_sub(before);
    if left > bytes.len() as u64 {
        return Ok(());
    }
    file.write_all(&bytes[..left as usize])?;
    if DIES.load(Ordering::SeqCst) {
        std::process::abort();
    }
    Err(io::ErrorKind::StorageFull.into())
}
