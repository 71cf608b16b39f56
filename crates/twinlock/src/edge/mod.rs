//! Where requests come in and answers go out: who asks ([`Visit`]), what a route demands ([`guard`]), and how a refusal or a fault
//! becomes a page or a problem document ([`answer`]).

pub mod answer;
pub mod guard;
pub mod plain;
pub mod respond;
pub mod shell;
pub mod texts;
mod visit;
mod when;

pub use guard::{Guard, Surface, Who};
pub use respond::{page, see_other};
pub use visit::{Cookies, Visit};
pub use when::When;
