//! Tree to plan: names, types, shapes, spaces, lints.
