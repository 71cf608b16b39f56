//! twinlock
