//! What people do, in a real browser. Each test names the lines of the product's contract it covers.

mod apps;
mod backup_codes;
mod every_page;
mod harness;
mod keyboard;
mod security_keys;
mod sessions;
mod signing_in;
mod steps;
mod story;
mod styles;
mod texts;
mod turning_off;
