//! Help: the questions people have when a code is asked, answered on pages of the product itself, with a search box.
//!
//! Everybody may read it, signed in or not, for whoever needs it most is locked out. What a page says is in `locales/en/help.ftl`; which
//! parts it is made of, in [`rules::ARTICLES`]. `/help/errors` explains the `code` of every error the JSON API answers with; the `type` of
//! a problem document (RFC 9457 section 3.1.1) points there.

pub mod pages;
pub mod rules;
