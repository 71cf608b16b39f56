//! What administrators of the instance look at. Nobody else finds these pages: for them they are not there.

pub mod flow;
pub mod pages;
