//! Signing in: first factor, then second factor or enrolment, then a session. The one gate.
//!
//! However a sign-in starts (password, emailed code, sign-up, a forgotten password), it comes to [`gate::pass`], and only there is a
//! session made. Until something is proven the sign-in is nothing but a sealed token in the person's hand and no row exists; after the
//! first factor it is a row that lives ten minutes and ends with too many wrong codes. What is asked next is decided by one pure
//! function, [`rules::next`].

pub mod api;
pub mod flow;
pub mod pages;
pub mod rules;
pub mod store;

pub use flow::{enrolment, gate, opened, reset, second_factor, trust};
pub use gate::{Completed, Progress, Step};
pub use rules::{Next, Purpose, Requirement};
