//! The second factor: a code from an app, a recovery code, and what to do without a phone.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use twinlock_web::i18n::Arg;
use twinlock_web::{Messages, Shell, StrictForm};

use crate::app::{Refusal, Stop};
use crate::authenticators::rules::UNTIL_RECOVERY;
use crate::authenticators::{AskedFor, Attempt, Authenticator, Kind, Since};
use crate::config::Ask;
use crate::edge::answer::{kept, words};
use crate::edge::{Visit, page};
use crate::sign_in::flow::{mailed_code, second_factor};
use crate::sign_in::rules::Thaw;
use crate::sign_in::{Progress, Step};

use super::security_key::has;
use super::{Outcome, Standing, go_on, in_query, status_of, weigh};

/// `POST /sign-in/second-factor`
#[derive(Deserialize)]
pub struct SecondFactorForm {
    code: String,
    factor: Option<String>,
    trust_device: Option<String>,
    shared: Option<String>,
}

/// `POST /sign-in/recovery-code`
#[derive(Deserialize)]
pub struct RecoveryCodeForm {
    code: String,
    trust_device: Option<String>,
    shared: Option<String>,
}

/// The tick below the code: "Trust this device", or "This is a shared computer".
pub(super) struct Tick {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) ticked: bool,
}

impl Tick {
    /// The one of the policy in force, as the person left it. Not while an account is opened again: all trust ends with that.
    pub(super) fn of(visit: &Visit, thaw: Option<Thaw>, said: Option<bool>) -> Option<Self> {
        let messages = visit.moment.messages();
        let two_factor = &visit.moment.app.settings.two_factor;
        match two_factor.ask {
            _ if thaw.is_some() => None,
            Ask::TrustedDevice => {
                let days = Arg::from(u32::from(two_factor.trusted_device_days));
                Some(Self {
                    name: "trust_device",
                    label: messages.with("second-factor-trust", &[("days", days)]),
                    hint: messages.text("second-factor-trust-hint"),
                    ticked: said == Some(true),
                })
            }
            Ask::UntilSignedOut => Some(Self {
                name: "shared",
                label: messages.text("second-factor-shared"),
                hint: messages.text("second-factor-shared-hint"),
                ticked: said == Some(false),
            }),
            Ask::NewDevice | Ask::EverySignIn => None,
        }
    }
}

/// What the person said of the device: a tick at "Trust this device" is yes, one at "This is a shared computer" no; where one of the two is
/// offered, no tick says the other thing.
pub(super) fn said(visit: &Visit, trust: Option<&str>, shared: Option<&str>) -> Option<bool> {
    match visit.moment.app.settings.two_factor.ask {
        Ask::TrustedDevice => Some(trust.is_some()),
        Ask::UntilSignedOut => Some(shared.is_none()),
        Ask::NewDevice | Ask::EverySignIn => None,
    }
}

#[derive(Template)]
#[template(path = "sign_in/pages/second_factor.html")]
struct SecondFactorPage {
    page: Shell,
    why: String,
    intro: String,
    factor: String,
    others: Vec<(String, String)>,
    text: Option<String>,
    key: bool,
    recovery: bool,
    typed: String,
    error: String,
    more_tries: bool,
    tick: Option<Tick>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/recovery_code.html")]
struct RecoveryPage {
    page: Shell,
    typed: String,
    why: String,
    text: Option<String>,
    has_app: bool,
    has_key: bool,
    error: String,
    tick: Option<Tick>,
}

#[derive(Template)]
#[template(path = "sign_in/pages/lost_phone.html")]
struct LostPhonePage {
    page: Shell,
    /// What was lost is a security key.
    lost_key: bool,
    ask: String,
    recovery: bool,
    text: Option<String>,
    has_app: bool,
    has_key: bool,
    contact: Option<String>,
    stolen: String,
}

/// `GET /sign-in/second-factor`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask(visit: Visit) -> Result<Response, Stop> {
    let chosen = in_query(&visit, "factor");
    code_page(&visit, chosen.as_deref(), None, None).await
}

/// `POST /sign-in/second-factor`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify(
    visit: Visit,
    StrictForm(form): StrictForm<SecondFactorForm>,
) -> Result<Response, Stop> {
    // A recovery code typed here is taken for one, whatever app was asked.
    let recovery = twinlock_otp::looks_like_backup_code(&form.code);
    let chosen = form.factor.as_deref().filter(|_| !recovery);
    let attempt = Attempt {
        code: form.code,
        // Asked for an app's code, so a texted one is no second guess; each could be costs a try.
        kind: (!recovery).then_some(Kind::Totp),
        factor: chosen.and_then(|id| id.parse().ok()),
        mailbox_proved: false,
        asked_for: AskedFor::SignIn,
        ceremony: None,
    };
    let typed = attempt.code.clone();
    let said = said(&visit, form.trust_device.as_deref(), form.shared.as_deref());
    match prove(&visit, attempt, said).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => {
            let slip = Some((&refusal, typed.as_str()));
            code_page(&visit, form.factor.as_deref(), said, slip).await
        }
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

pub(super) async fn prove(
    visit: &Visit,
    attempt: Attempt,
    said: Option<bool>,
) -> Result<Outcome<Progress>, Stop> {
    let token = visit.sign_in()?;
    let tried = second_factor::verify_second_factor(&visit.moment, token, attempt, said).await;
    weigh(visit, tried).await
}

async fn code_page(
    visit: &Visit,
    chosen: Option<&str>,
    said: Option<bool>,
    slip: Option<(&Refusal, &str)>,
) -> Result<Response, Stop> {
    let refusal = slip.map(|(refusal, _)| refusal);
    let standing = Standing::of(visit).await?;
    let Step::SecondFactor {
        factors,
        backup_codes,
    } = &standing.progress.step
    else {
        return Ok(standing.lead_on(visit));
    };
    let apps: Vec<&Authenticator> = (factors.iter())
        .filter(|factor| factor.kind == Kind::Totp)
        .collect();
    if apps.is_empty() {
        return Ok(standing.lead_on(visit));
    }
    let messages = visit.moment.messages();
    let wanted = apps
        .iter()
        .copied()
        .find(|factor| chosen == Some(factor.id.to_string().as_str()))
        .or(apps.first().copied());
    let several = apps.len() > 1;
    let more_tries = more_tries(visit, &standing, refusal).await?;
    let template = SecondFactorPage {
        page: visit.shell(messages.text("second-factor-title")),
        why: why(visit, standing.progress.thaw),
        intro: intro(visit, &messages, wanted.filter(|_| several)),
        factor: wanted
            .filter(|_| several)
            .map(|factor| factor.id.to_string())
            .unwrap_or_default(),
        others: apps
            .iter()
            .copied()
            .filter(|factor| several && wanted.is_some_and(|wanted| wanted.id != factor.id))
            .map(|factor| (factor.id.to_string(), use_instead(&messages, factor)))
            .collect(),
        text: use_text(visit, factors),
        key: has(factors, Kind::Webauthn) && visit.moment.app.webauthn.is_some(),
        recovery: *backup_codes,
        typed: slip.map_or_else(String::new, |(refusal, typed)| kept(refusal, typed)),
        error: refusal.map_or_else(String::new, |refusal| {
            words(refusal, &messages, visit.moment.now)
        }),
        more_tries,
        tick: Tick::of(visit, standing.progress.thaw, said),
    };
    page(status_of(visit, refusal), &template)
}

/// Whether a proven mailbox would bring more tries. Where codes are off, it brings none.
pub(super) async fn more_tries(
    visit: &Visit,
    standing: &Standing,
    refusal: Option<&Refusal>,
) -> Result<bool, Stop> {
    match refusal {
        Some(Refusal::Locked { until, .. }) if *until != UNTIL_RECOVERY => {
            let offer = mailed_code::mailbox_offer(&visit.moment, &standing.token).await?;
            Ok(offer.is_some())
        }
        _ => Ok(false),
    }
}

/// What the link to a code by text says, where there is a number.
#[must_use]
pub fn use_text(visit: &Visit, factors: &[Authenticator]) -> Option<String> {
    let phone = factors.iter().find(|one| one.kind == Kind::Sms)?;
    let number = Arg::from(phone.label.as_str());
    let messages = visit.moment.messages();
    Some(messages.with("second-factor-use-text", &[("number", number)]))
}

/// Why only some codes count, while the account is frozen.
pub(super) fn why(visit: &Visit, thaw: Option<Thaw>) -> String {
    let message = match thaw.map(|thaw| thaw.since) {
        Some(Since::Before) => "thaw-second-factor-before",
        Some(Since::Now) => "thaw-second-factor-now",
        Some(Since::Never) | None => return String::new(),
    };
    let support = Arg::from(&visit.moment.app.settings.branding.support);
    let messages = visit.moment.messages();
    messages.with(message, &[("support", support)])
}

/// Which app to open; it is named only where there are several.
fn intro(visit: &Visit, messages: &Messages, named: Option<&Authenticator>) -> String {
    let product = Arg::from(&visit.moment.app.settings.branding.name);
    match named.filter(|factor| !factor.label.is_empty()) {
        Some(factor) => messages.with(
            "second-factor-open-named",
            &[("app", Arg::from(&factor.label)), ("product", product)],
        ),
        None => messages.with("second-factor-open", &[("product", product)]),
    }
}

fn use_instead(messages: &Messages, factor: &Authenticator) -> String {
    if factor.label.is_empty() {
        messages.text("second-factor-use-other")
    } else {
        messages.with(
            "second-factor-use-named",
            &[("app", Arg::from(&factor.label))],
        )
    }
}

/// `GET /sign-in/recovery-code`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn ask_recovery_code(visit: Visit) -> Result<Response, Stop> {
    recovery_page(&visit, None, "", None).await
}

/// `POST /sign-in/recovery-code`
///
/// # Errors
/// [`Refusal::SignInExpired`], or the database's trouble.
pub async fn verify_recovery_code(
    visit: Visit,
    StrictForm(form): StrictForm<RecoveryCodeForm>,
) -> Result<Response, Stop> {
    let said = said(&visit, form.trust_device.as_deref(), form.shared.as_deref());
    let attempt = Attempt {
        code: form.code,
        kind: Some(Kind::BackupCode),
        factor: None,
        mailbox_proved: false,
        asked_for: AskedFor::SignIn,
        ceremony: None,
    };
    let typed = attempt.code.clone();
    match prove(&visit, attempt, said).await? {
        Outcome::Done(progress) => Ok(go_on(&visit, progress)),
        Outcome::Slip(refusal) => recovery_page(&visit, Some(&refusal), &typed, said).await,
        Outcome::Elsewhere(answer) => Ok(answer),
    }
}

async fn recovery_page(
    visit: &Visit,
    refusal: Option<&Refusal>,
    typed: &str,
    said: Option<bool>,
) -> Result<Response, Stop> {
    let standing = Standing::of(visit).await?;
    let Step::SecondFactor { factors, .. } = &standing.progress.step else {
        return Ok(standing.lead_on(visit));
    };
    let messages = visit.moment.messages();
    let error = match refusal {
        Some(Refusal::InvalidCode { .. }) => messages.text("recovery-code-wrong"),
        Some(refusal) => words(refusal, &messages, visit.moment.now),
        None => String::new(),
    };
    let template = RecoveryPage {
        page: visit.shell(messages.text("recovery-code-title")),
        typed: refusal.map_or_else(String::new, |refusal| kept(refusal, typed)),
        why: why(visit, standing.progress.thaw),
        text: use_text(visit, factors),
        has_app: has(factors, Kind::Totp),
        has_key: has(factors, Kind::Webauthn),
        error,
        tick: Tick::of(visit, standing.progress.thaw, said),
    };
    page(status_of(visit, refusal), &template)
}

/// `GET /sign-in/lost-phone`
///
/// # Errors
/// [`Refusal::SignInExpired`].
pub async fn lost_phone(visit: Visit) -> Result<Response, Stop> {
    let standing = Standing::of(&visit).await?;
    let Step::SecondFactor {
        backup_codes,
        factors,
    } = &standing.progress.step
    else {
        return Ok(standing.lead_on(&visit));
    };
    let messages = visit.moment.messages();
    let branding = &visit.moment.app.settings.branding;
    let only_keys = factors.iter().all(|one| one.kind == Kind::Webauthn) && !factors.is_empty();
    let lost_key = only_keys || in_query(&visit, "lost").as_deref() == Some("key");
    let title = if lost_key {
        "sign-in-key-lost"
    } else {
        "second-factor-lost"
    };
    let template = LostPhonePage {
        page: visit.shell(messages.text(title)),
        lost_key,
        ask: messages.with(
            "lost-phone-ask",
            &[("support", Arg::from(&branding.support))],
        ),
        recovery: *backup_codes,
        text: use_text(&visit, factors),
        has_app: has(factors, Kind::Totp),
        has_key: has(factors, Kind::Webauthn),
        contact: branding.support_url.clone(),
        stolen: messages.with(
            "lost-phone-stolen",
            &[("settings", Arg::from(branding.labels.settings.as_str()))],
        ),
    };
    page(status_of(&visit, None), &template)
}
