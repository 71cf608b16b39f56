//! What this crate promises, checked from outside: the vectors of the RFCs, agreement with two independent programs, and codes as people
//! type them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod agreement;
mod backup_codes;
mod emailed_codes;
mod otpauth;
mod typed_codes;
mod vectors;
mod window;

use twinlock_otp::{Digits, Secret};

/// A repeatable stream of bytes (splitmix64), so that a failing case comes back on every run.
struct Bytes(u64);

impl Bytes {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.number().to_be_bytes()[0])
    }

    fn secret(&mut self) -> Secret {
        let length = 16 + self.below(113);
        Secret::new(
            (0..length)
                .map(|_| self.number().to_be_bytes()[0])
                .collect(),
        )
        .unwrap()
    }
}

fn typed(code: &str) -> Digits {
    Digits::parse(code).unwrap()
}

fn rfc_secret(length: usize) -> Secret {
    Secret::new(b"1234567890".iter().copied().cycle().take(length).collect()).unwrap()
}
