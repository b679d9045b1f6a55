//! What an editor shows.
