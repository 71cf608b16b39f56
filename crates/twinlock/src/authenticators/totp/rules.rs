//! Which apps a code is compared with, and what an app shows.

use twinlock_otp::{Digits, Match, Otpauth, Parameters, Secret, Window, drift_behind};

use crate::app::{AuthenticatorId, Timestamp};
use crate::authenticators::Wrong;

/// One bound app with its secret opened.
pub struct Bound {
    /// Its id.
    pub id: AuthenticatorId,
    /// Its secret.
    pub secret: Secret,
    /// Algorithm, digits, period.
    pub parameters: Parameters,
    /// The last step accepted.
    pub last_step: Option<i64>,
}

/// With how many apps a code of this length is compared.
#[must_use]
pub fn candidates(bound: &[Bound], typed: &Digits) -> usize {
    bound
        .iter()
        .filter(|app| usize::from(app.parameters.digits) == typed.len())
        .count()
}

/// The app and step a code fits. Every app is compared, whatever the first one says, so that time tells nothing.
///
/// # Errors
/// Why it fits none.
pub fn judge(
    bound: &[Bound],
    typed: &Digits,
    now: Timestamp,
    window: Window,
) -> Result<(AuthenticatorId, i64), Wrong> {
    let (mut fits, mut used) = (None, false);
    for app in bound
        .iter()
        .filter(|app| usize::from(app.parameters.digits) == typed.len())
    {
        match app.parameters.matching_step(
            &app.secret,
            typed,
            now.as_seconds(),
            window,
            app.last_step,
        ) {
            Match::Accepted { step } => fits = fits.or(Some((app.id, step))),
            Match::AlreadyUsed { .. } => used = true,
            Match::None => {}
        }
    }
    if let Some(fit) = fits {
        return Ok(fit);
    }
    if used {
        return Err(Wrong::AlreadyUsed);
    }
    let behind = bound
        .iter()
        .filter_map(|app| {
            drift_behind(
                &app.parameters,
                &app.secret,
                typed,
                now.as_seconds(),
                window,
                app.last_step,
            )
        })
        .min();
    Err(behind.map_or(Wrong::Invalid, Wrong::Drift))
}

/// The otpauth URI an app scans.
#[must_use]
pub fn otpauth_uri(
    secret: &Secret,
    parameters: &Parameters,
    issuer: &str,
    account: &str,
) -> zeroize::Zeroizing<String> {
    Otpauth {
        secret,
        parameters: *parameters,
        issuer,
        account,
    }
    .to_uri()
}

/// The QR code of a URI as an SVG picture with its quiet zone, black on white.
#[must_use]
pub fn qr_svg(uri: &str) -> Option<String> {
    use fast_qr::convert::{Builder as _, Shape, svg::SvgBuilder};
    let code = fast_qr::QRBuilder::new(uri)
        .ecl(fast_qr::ECL::M)
        .build()
        .ok()?;
    Some(
        SvgBuilder::default()
            .shape(Shape::Square)
            .margin(4)
            .to_str(&code),
    )
}
