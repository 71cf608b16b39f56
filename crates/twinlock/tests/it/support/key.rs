//! Security keys of callers.

use twinlock::session::flow::Acting;
use twinlock::settings::flow as settings;

pub(crate) use twinlock_testkit::key::{SoftKey, Twist};

use super::Caller;

impl Caller {
    /// Sets a key up in the settings; the backup codes it brought, if it was the first method.
    pub(crate) async fn set_up_key(
        &self,
        acting: &Acting,
        key: &mut SoftKey,
        label: &str,
    ) -> Vec<String> {
        let moment = self.moment();
        let begun = settings::begin_key(&moment, acting, label.to_owned(), None).await;
        let begun = begun.unwrap();
        let origin = self.app.public_url.origin();
        let answer = key.create(&begun.options, &Twist::none(origin));
        let done = settings::confirm_key(&moment, acting, begun.id, answer).await;
        let sheet = done.unwrap().0.sheet;
        sheet.map_or_else(Vec::new, |sheet| sheet.codes)
    }
}
