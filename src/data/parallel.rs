//! The same work for many items, on all cores; each item's result is its own, so that the number of threads changes nothing.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::memory;

/// `work` for every item, in order. On the calling thread alone where the whole is small: `size` is the sum of numbers that
/// are looked at.
pub(super) fn map<I: Sync, O: Send>(items: &[I], size: usize, work: impl Fn(usize, &I) -> O + Sync) -> Vec<O> {
    let threads = if size < 1 << 18 { 1 } else { memory::threads().min(items.len()) };
    if threads <= 1 {
        return items.iter().enumerate().map(|(i, item)| work(i, item)).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        while let Some((i, item)) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            items.get(i).map(|item| (i, item))
        } {
            let result = work(i, item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((i, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}
