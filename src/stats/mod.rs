//! Intervals, tests, importance.
