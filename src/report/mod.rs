//! Tables, pictures, pages, from records alone.

pub mod figure;
pub mod plot;
