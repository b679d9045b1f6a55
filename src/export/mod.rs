//! Models and trials in other programs' formats.
