//! What the tests stand on.

pub(crate) mod api;
pub(crate) mod app;
pub(crate) mod authority;
pub(crate) mod books;
pub(crate) mod browser;
pub(crate) mod caller;
pub(crate) mod key;
pub(crate) mod place;
pub(crate) mod played;
pub(crate) mod program;
pub(crate) mod record;
pub(crate) mod texts;

pub(crate) use app::TestApp;
pub(crate) use browser::Browser;
pub(crate) use caller::{Caller, Person, refused};
pub(crate) use place::Place;

/// Makes of each named `async fn name(place: &Place)` two tests, `name::sqlite` and `name::postgres`.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let place = $crate::support::Place::sqlite();
                super::$name(&place).await;
                place.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(place) = $crate::support::Place::postgres() {
                    super::$name(&place).await;
                    place.finish().await;
                }
            }
        }
    )*};
}
