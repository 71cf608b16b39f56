//! twinlock-web
