//! The look of pages: light, dark, or as the device is set. Kept in a cookie, for people without an account too.

use axum::response::Response;
use serde::Deserialize;
use twinlock_web::{Scheme, StrictForm, safe_return_path};

use crate::app::{Refusal, Stop};

use super::{Visit, see_other};

/// `POST /appearance`
#[derive(Deserialize)]
pub struct LookForm {
    scheme: String,
    return_to: String,
}

/// `POST /appearance`: back to the page, in the look that was chosen.
///
/// # Errors
/// [`Refusal::Field`] for a look nobody offered.
pub async fn choose(
    visit: Visit,
    StrictForm(form): StrictForm<LookForm>,
) -> Result<Response, Stop> {
    let scheme = Scheme::from_theme(&form.scheme).ok_or(Refusal::Field {
        field: "scheme",
        code: "invalid",
    })?;
    let back = safe_return_path(&form.return_to).unwrap_or_else(|| String::from("/"));
    Ok(visit.cookies().scheme(scheme).on(see_other(&back)))
}
