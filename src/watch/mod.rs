//! Running again on save.
