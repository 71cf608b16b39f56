//! twinlock-otp
