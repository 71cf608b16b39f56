//! Where requests come in and answers go out: who asks ([`Visit`]), what a route demands ([`guard`]), and how a refusal or a fault
//! becomes a page or a problem document ([`answer`]).

pub mod answer;
pub mod appearance;
pub mod around;
pub mod cors;
pub mod describe;
pub mod guard;
mod in_path;
mod paged;
pub mod plain;
pub mod respond;
pub mod shell;
pub mod telling;
pub mod texts;
mod visit;
pub mod watch;
mod when;

pub use describe::Doc;
pub use guard::{Guard, Surface, Who};
pub use in_path::InPath;
pub use paged::Page;
pub use respond::{page, see_other};
pub use visit::{Cookies, Visit, device_label};
pub use when::When;
