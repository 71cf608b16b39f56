//! twinlock-testkit
