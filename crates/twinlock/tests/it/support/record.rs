//! The record as an auditor reads it.

use twinlock::audit::Chain;
use twinlock::audit::flow::reading::Reader;
use twinlock::audit::rules::item::Item;
use twinlock::audit::rules::verifier::{Report, Trusted, Verifier};

use super::TestApp;

/// Everything there is, or one chain.
pub(crate) async fn items(app: &TestApp, chain: Option<Chain>) -> Vec<Item> {
    Reader::new(&app.app, chain).rest().await.unwrap()
}

/// What a check of everything finds.
pub(crate) async fn verify(app: &TestApp) -> Report {
    check(&items(app, None).await, Trusted::default())
}

/// What a check of these lines finds.
pub(crate) fn check(items: &[Item], trusted: Trusted) -> Report {
    let mut verifier = Verifier::new(trusted);
    items.iter().for_each(|item| verifier.feed(item));
    verifier.finish()
}
