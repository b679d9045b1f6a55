//! Tables, pictures, pages, from records alone.
pub mod plot;
