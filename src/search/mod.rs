//! Proposing settings (ask) from results (tell).
