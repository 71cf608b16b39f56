//! What every place shows that asks for a texted code or for a number: where the code went, what became of the text, when a new one may be
//! asked for, and the form a number is typed into.

use std::sync::atomic::Ordering;

use serde::Deserialize;
use twinlock_web::i18n::Arg;

use crate::app::{Refusal, Timestamp};
use crate::authenticators::flow::AskedText;
use crate::authenticators::sms::flow::Pending;
use crate::edge::Visit;
use crate::edge::answer::words;
use crate::text_messages::rules::countries;
use crate::text_messages::store::State;

/// A number as it was typed.
#[derive(Deserialize)]
pub struct NumberForm {
    /// In any form.
    pub phone: String,
    /// The country chosen beside it.
    pub country: Option<String>,
    /// The method it takes the place of, where one may be said.
    pub replaces: Option<String>,
}

impl NumberForm {
    /// The form as it was filled in for a set-up that is to be begun again.
    #[must_use]
    pub fn of(pending: &Pending, replaces: &str) -> Self {
        Self {
            phone: pending.number.international(),
            country: pending.number.country(),
            replaces: Some(replaces.to_owned()),
        }
    }
}

/// A texted code, as it is asked.
pub struct Block {
    /// Where the code went, or would go.
    pub intro: String,
    /// A code is out that would be looked at.
    pub is_live: bool,
    /// What to do about a text that does not arrive is shown: one was sent, or none is because those before were not entered.
    pub helps: bool,
    /// What is wrong with the text, or with texts altogether.
    pub warning: String,
    /// What became of the text, in words.
    pub state: String,
    /// Whether that may still change.
    pub may_change: bool,
    /// The number it went to, in words.
    pub number: String,
    /// What the button says that sends one; empty where none can be sent.
    pub send: String,
    /// The time until a new one may be asked for.
    pub wait: Option<Wait>,
    /// What is wrong with the page as a whole.
    pub problem: String,
    /// What is wrong with the code.
    pub error: String,
}

/// The time until a new code may be asked for, as the countdown shows it.
pub struct Wait {
    /// When it ends, in Unix seconds.
    pub until: i64,
    /// When the page was made, in Unix seconds.
    pub now: i64,
    /// How long that is, in words.
    pub words: String,
}

impl Block {
    /// The state of a code, and what was refused just now.
    #[must_use]
    pub fn new(visit: &Visit, asked: &AskedText, refusal: Option<&Refusal>) -> Self {
        let (app, messages) = (&visit.moment.app, visit.moment.messages());
        let texted = asked.texted.as_ref();
        let is_live = texted.is_some_and(|texted| texted.sent.is_live);
        let minutes = texted.map_or(0, |texted| minutes_left(visit, texted.sent.expires_at));
        let to = [
            ("to", Arg::from(asked.to.as_str())),
            ("minutes", Arg::from(minutes)),
        ];
        let nobody_delivers = app.texts.is_none().then_some(Refusal::KindUnavailable);
        let refusal = nobody_delivers
            .as_ref()
            .or(refusal)
            .or(asked.locked.as_ref());
        let wait = wait(visit, asked, refusal);
        let state = texted.and_then(|texted| texted.state);
        let intro = match texted {
            Some(_) if is_live && matches!(state, Some(State::Refused | State::Expired)) => {
                "text-code-not-out"
            }
            Some(_) if is_live => "text-code-sent",
            _ if asked.locked.is_some() => "text-code-locked",
            Some(_) => "text-code-dead",
            None if wait.is_some() => "text-code-waits",
            None if matches!(
                refusal,
                Some(Refusal::TextLimit { .. } | Refusal::KindUnavailable)
            ) =>
            {
                "text-code-none-sent"
            }
            None => "text-code-to-send",
        };
        // What the page says of a wait is not said twice.
        let refusal = refusal.filter(|refusal| {
            texted.is_some() || wait.is_none() || !matches!(refusal, Refusal::ResendTooSoon(_))
        });
        let (error, problem) = said(visit, refusal, is_live);
        let send = match texted {
            _ if nobody_delivers.is_some() || asked.locked.is_some() => String::new(),
            Some(_) => messages.text("text-code-again"),
            None => messages.text("text-code-send"),
        };
        Self {
            intro: messages.with(intro, &to),
            is_live,
            helps: texted.is_some() || matches!(refusal, Some(Refusal::TextsUnanswered { .. })),
            warning: warning(visit, state.filter(|_| is_live), is_live),
            may_change: state.is_some_and(may_change),
            state: state.map_or_else(String::new, |state| messages.text(in_words(state))),
            number: messages.with("text-code-number", &to),
            send,
            wait,
            problem,
            error,
        }
    }
}

/// Whole minutes a code is still good for; what was sent a moment ago has all of its own.
fn minutes_left(visit: &Visit, expires_at: Timestamp) -> i64 {
    const A_MOMENT: i64 = 15;
    let left = expires_at.seconds_from(visit.moment.now);
    (i64::try_from(left).unwrap_or(0) + A_MOMENT) / 60
}

/// What is wrong: beside the code, and above the page.
fn said(visit: &Visit, refusal: Option<&Refusal>, is_live: bool) -> (String, String) {
    let messages = visit.moment.messages();
    match refusal {
        Some(Refusal::InvalidCode { .. } | Refusal::InvalidTextedCode) if is_live => {
            (messages.text("text-code-wrong"), String::new())
        }
        Some(
            Refusal::InvalidCode { .. } | Refusal::InvalidTextedCode | Refusal::TextedCodeOver,
        ) => (String::new(), messages.text("text-code-too-old")),
        Some(refusal @ (Refusal::Mistyped | Refusal::Locked { .. } | Refusal::Field { .. }))
            if is_live =>
        {
            (words(refusal, &messages, visit.moment.now), String::new())
        }
        Some(Refusal::KindUnavailable) => (String::new(), messages.text("text-code-unavailable")),
        Some(refusal) => (String::new(), words(refusal, &messages, visit.moment.now)),
        None => (String::new(), String::new()),
    }
}

fn warning(visit: &Visit, state: Option<State>, is_live: bool) -> String {
    let messages = visit.moment.messages();
    match state {
        Some(state @ (State::Refused | State::Unknown | State::Expired)) => {
            messages.text(in_words(state))
        }
        Some(State::Delivered) => String::new(),
        _ if is_live && visit.moment.app.texts_in_trouble.load(Ordering::Relaxed) => {
            messages.text("text-code-delayed")
        }
        _ => String::new(),
    }
}

fn may_change(state: State) -> bool {
    match state {
        State::Queued | State::Sending | State::Accepted | State::Sent | State::Unknown => true,
        State::Delivered | State::Refused | State::Expired => false,
    }
}

fn in_words(state: State) -> &'static str {
    match state {
        State::Queued | State::Sending => "text-state-queued",
        State::Accepted => "text-state-accepted",
        State::Sent => "text-state-sent",
        State::Delivered => "text-state-delivered",
        State::Refused => "text-state-refused",
        State::Unknown => "text-state-unknown",
        State::Expired => "text-state-expired",
    }
}

/// A number may be waiting though nothing was sent here: another sign-in sent it a code.
fn wait(visit: &Visit, asked: &AskedText, refusal: Option<&Refusal>) -> Option<Wait> {
    let refused_until = match refusal {
        Some(Refusal::ResendTooSoon(at)) => Some(*at),
        _ => asked.waits_until,
    };
    let until: Timestamp = (asked.texted.as_ref())
        .map(|texted| texted.sent.resend_at)
        .max(refused_until)?;
    let now = visit.moment.now;
    let left = i64::try_from(until.seconds_from(now)).ok()?;
    (left > 0).then(|| Wait {
        until: now.as_seconds() + left,
        now: now.as_seconds(),
        words: visit
            .moment
            .messages()
            .with("text-code-wait", &[("seconds", Arg::from(left))]),
    })
}

/// The form a number is typed into.
pub struct Number {
    /// Countries texts go to, by name: the code, and "Germany (+49)".
    pub countries: Vec<(String, String)>,
    /// The one that is chosen.
    pub country: String,
    /// As typed.
    pub typed: String,
    /// What is wrong with the number.
    pub error: String,
    /// What is wrong otherwise.
    pub problem: String,
}

impl Number {
    /// The form: empty, or as it was typed with what is wrong.
    #[must_use]
    pub fn new(visit: &Visit, typed: Option<&NumberForm>, refusal: Option<&Refusal>) -> Self {
        let messages = visit.moment.messages();
        let allowed = countries(&visit.moment.app.settings.sms.allowed_countries);
        // The first one that is allowed is the one most people here have.
        let proposed = allowed.first().map(|(country, _)| country.clone());
        let mut named: Vec<(String, String)> = (allowed.iter().cloned())
            .map(|(country, code)| {
                let id = format!("country-{}", country.to_ascii_lowercase());
                let fills = [
                    ("country", Arg::from(messages.text(&id))),
                    ("code", Arg::from(i64::from(code).to_string())),
                ];
                (country, messages.with("text-number-country-code", &fills))
            })
            .collect();
        named.sort_by(|one, other| one.1.cmp(&other.1));
        let (error, problem) = match refusal {
            Some(Refusal::AlreadyExists) => (messages.text("text-number-known"), String::new()),
            Some(refusal @ Refusal::Field { .. }) => {
                let country = typed.and_then(|form| country_of(form, &allowed));
                let error = match (country, refusal) {
                    (
                        Some(country),
                        Refusal::Field {
                            code: "invalid_number",
                            ..
                        },
                    ) => {
                        let id = format!("country-{}", country.to_ascii_lowercase());
                        let country = ("country", Arg::from(messages.text(&id)));
                        messages.with("text-number-not-of-country", &[country])
                    }
                    _ => words(refusal, &messages, visit.moment.now),
                };
                (error, String::new())
            }
            Some(refusal) => (String::new(), words(refusal, &messages, visit.moment.now)),
            None => (String::new(), String::new()),
        };
        Self {
            countries: named,
            country: typed
                .and_then(|form| form.country.clone())
                .or(proposed)
                .unwrap_or_default(),
            typed: typed.map(|form| form.phone.clone()).unwrap_or_default(),
            error,
            problem,
        }
    }
}

/// The country a number was read in; nothing where it began with a country code of its own.
fn country_of<'a>(form: &NumberForm, allowed: &'a [(String, u16)]) -> Option<&'a str> {
    if form.phone.trim_start().starts_with('+') {
        return None;
    }
    let chosen = form.country.as_deref()?;
    let mut allowed = allowed.iter().map(|(country, _)| country.as_str());
    allowed.find(|country| country.eq_ignore_ascii_case(chosen))
}

/// Whether a refusal is said on the form a number is typed into.
#[must_use]
pub fn is_about_number(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Field { .. }
            | Refusal::AlreadyExists
            | Refusal::ResendTooSoon(_)
            | Refusal::TextLimit { .. }
            | Refusal::TooManyRequests { .. }
    )
}

/// Whether a refusal is said beside a texted code or the button that sends one.
#[must_use]
pub fn is_about_code(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::InvalidCode { .. }
            | Refusal::InvalidTextedCode
            | Refusal::InvalidAppOrTextedCode
            | Refusal::TextedCodeOver
            | Refusal::Field { field: "code", .. }
            | Refusal::Mistyped
            | Refusal::Locked { .. }
            | Refusal::ResendTooSoon(_)
            | Refusal::TextLimit { .. }
            | Refusal::TextsUnanswered { .. }
            | Refusal::TooManyRequests { .. }
            | Refusal::KindUnavailable
    )
}
