//! A person, or a user of an application: a name, a mailbox, and everything else hangs on its id.
//!
//! A mailbox is found by a keyed hash, so that the database tells nobody who is in it. An address nobody has leads to a *phantom*:
//! an id made from the address alone, so that every later step costs and answers the same as for a real account.

pub mod flow;
pub mod rules;
pub mod store;

pub use flow::{mail_settled, notice, signs_in_here};
pub use rules::{Frozen, Mailbox, Role};
pub use store::Account;
