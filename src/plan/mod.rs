//! What to do: plain, valid data without places or text, made by `check` or by a library's user.

pub mod build;
pub mod claim;
pub mod experiment;
pub mod metric;
pub mod notebook;
pub mod resolve;
pub mod settings;
pub mod show;
pub mod space;
pub mod text;
pub mod training;
pub mod value;
