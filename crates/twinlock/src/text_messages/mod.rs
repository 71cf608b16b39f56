//! Text messages: to which numbers, how many, on their way, and what became of each.
//!
//! A text costs money and can be ordered by whoever gets to the page that asks for a number. So every text passes all limits here, whatever
//! it is for: allowed countries and kinds of number; so many for a number, an account, a network and the whole instance; no row of
//! neighbouring numbers; and no more to a beginning of numbers of which too few codes come back. Texts are rows of the transaction that
//! ordered them and leave after commit. None is sent twice: where nobody knows whether a provider took one, it counts as sent.

pub mod flow;
pub mod rules;
pub mod store;

pub use rules::{Number, NumberProblem};
