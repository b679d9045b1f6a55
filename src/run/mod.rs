//! Experiments in order, trials over the cores, what is stored.
