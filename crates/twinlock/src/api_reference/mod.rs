//! The reference of the JSON API as a page of the product, at `/help/api`: every call with who may make it, what it takes, what it
//! answers, and a command line to try it with.
//!
//! It is drawn from the OpenAPI document (<https://spec.openapis.org/oas/v3.1.0>), which is made from the routes themselves, so the page
//! of a running server describes just that server. No script and nothing from elsewhere is needed to read it.

pub mod pages;
pub mod rules;

pub use rules::Reference;
