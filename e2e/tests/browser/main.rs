//! What people do, in a real browser. Each test names the lines of the product's contract it covers.

mod harness;
