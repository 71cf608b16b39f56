//! twinlock-db
