//! The one table of kinds, keys, layers, spaces and metrics: type, default, range and a line of documentation each.
