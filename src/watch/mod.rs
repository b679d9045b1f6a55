//! Running again on save, and a page that shows it.
//!
//! [`Watcher`] says which files have other bytes than before: `.exp` files, and the data that experiments read. It hears of
//! changes from the system, looks again now and then in case it heard nothing, and compares contents before it says
//! anything, so that neither a `touch` nor our own reads and outputs count. [`serve::Server`] shows what [`live`] knows.

pub mod content;
mod depends;
pub mod folder;
pub mod live;
pub mod serve;
pub mod tell;
mod watcher;

pub use depends::depends;
pub use folder::{Found, find};
pub use watcher::{Changed, Mode, Next, Waker, WatchError, Watched, Watcher};
