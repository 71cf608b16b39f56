//! twinlock-delivery
