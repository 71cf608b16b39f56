//! Codes by text message: six digits to a number the person proved, good for five minutes, once, and only for what they were sent for.
//!
//! A number is not a device: whoever takes it over gets the codes, so texts are off unless an operator says who delivers them, and count as
//! *restricted* (NIST SP 800-63B section 3.1.3.3). A code is bound to the number it went to, to one sign-in, session or set-up, and to one purpose.

pub mod flow;
pub mod rules;
pub mod store;
