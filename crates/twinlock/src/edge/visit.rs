//! Who asks, and with what in hand.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use twinlock_web::{CookieJar, PublicUrl, Scheme, clear_cookie, cookie_name, set_cookie};

use crate::app::{AccountId, Client, Fault, FrozenBy, Moment, Refusal, Stop, Token};
use crate::application::ApiCaller;
use crate::config::Settings;
use crate::session::flow::Acting;
use crate::trusted_device;

/// One request, recognized. Clones share it.
#[derive(Clone)]
pub struct Visit(Arc<Recognized>);

impl std::ops::Deref for Visit {
    type Target = Recognized;
    fn deref(&self) -> &Recognized {
        &self.0
    }
}

impl From<Recognized> for Visit {
    fn from(recognized: Recognized) -> Self {
        Self(Arc::new(recognized))
    }
}

/// What is known of a request.
#[derive(Clone)]
pub struct Recognized {
    /// The instant.
    pub moment: Moment,
    /// The session behind it.
    pub acting: Option<Acting>,
    /// Set where the session is one of a frozen account, and so opens nothing.
    pub frozen: Option<FrozenBy>,
    /// The name of whoever is signed in, or their address; pages only.
    pub person: Option<String>,
    /// Whether they are an administrator of the instance; pages only.
    pub is_administrator: bool,
    /// The application behind it.
    pub api: Option<ApiCaller>,
    /// The sign-in's token it carries.
    pub sign_in: Option<String>,
    /// The known device's token that travels with a sign-in's bearer token.
    pub device: Option<String>,
    /// Named in answers and logs.
    pub request_id: Arc<str>,
    /// Path and query asked for.
    pub path: String,
    /// Whether the request only asked, so that its page can be asked for again.
    pub only_asks: bool,
    /// The look this browser chose.
    pub scheme: Scheme,
}

impl Visit {
    /// The session.
    ///
    /// # Errors
    /// [`Refusal::SignedOut`] or [`Refusal::Frozen`]; the guard of the route has refused before.
    pub fn acting(&self) -> Result<&Acting, Stop> {
        let refusal = self.frozen.map_or(Refusal::SignedOut, Refusal::Frozen);
        self.acting.as_ref().ok_or_else(|| refusal.into())
    }

    /// The application.
    ///
    /// # Errors
    /// [`Refusal::SignedOut`]; the guard of the route has refused before.
    pub fn api(&self) -> Result<&ApiCaller, Stop> {
        self.api.as_ref().ok_or_else(|| Refusal::SignedOut.into())
    }

    /// The sign-in's token.
    ///
    /// # Errors
    /// [`Refusal::SignInExpired`].
    pub fn sign_in(&self) -> Result<&str, Stop> {
        self.sign_in
            .as_deref()
            .ok_or_else(|| Refusal::SignInExpired.into())
    }

    /// The same request, where this device token travels with the sign-in.
    #[must_use]
    pub fn carrying(&self, device: Option<String>) -> Self {
        let recognized = Recognized::clone(self);
        Recognized {
            device,
            ..recognized
        }
        .into()
    }

    /// A sign-in's token as the JSON API gives it out: with the known device's token the caller brought.
    #[must_use]
    pub fn with_device(&self, token: String) -> String {
        match &self.device {
            Some(device) => format!("{token}.{device}"),
            None => token,
        }
    }

    /// Cookies to set in the answer.
    #[must_use]
    pub fn cookies(&self) -> Cookies {
        Cookies {
            secure: is_secure(&self.moment.app.settings),
            headers: Vec::new(),
            device_tokens: self.moment.client.device_tokens.clone(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Stop> {
        let visit = parts.extensions.get::<Visit>().cloned();
        visit.ok_or_else(|| Fault::Internal(String::from("a route without a guard")).into())
    }
}

pub(super) fn is_secure(settings: &Settings) -> bool {
    settings.server.public_url.starts_with("https://")
}

/// Our cookies in a request.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) session: Option<String>,
    pub(super) sign_in: Option<String>,
    pub(super) devices: Vec<String>,
}

impl Carried {
    pub(super) fn read(headers: &HeaderMap, public_url: &PublicUrl) -> Self {
        if !headers.contains_key(http::header::COOKIE) {
            return Self::default();
        }
        let jar = CookieJar::parse(headers);
        let secure = public_url.is_secure();
        let get = |base: &str| jar.get(&cookie_name(base, secure)).map(str::to_owned);
        let devices = get("twinlock-device").unwrap_or_default();
        Self {
            session: get("twinlock"),
            sign_in: get("twinlock-signin"),
            devices: devices
                .split('.')
                .filter(|token| !token.is_empty())
                .take(trusted_device::TOKENS)
                .map(str::to_owned)
                .collect(),
        }
    }

    pub(super) fn any(&self) -> bool {
        self.session.is_some() || self.sign_in.is_some() || !self.devices.is_empty()
    }
}

/// The look a browser chose; a cookie that says nothing we know counts as none.
pub(super) fn scheme_of(headers: &HeaderMap, secure: bool) -> Scheme {
    let jar = CookieJar::parse(headers);
    let chosen = jar.get(&cookie_name(LOOK, secure));
    chosen.and_then(Scheme::from_theme).unwrap_or_default()
}

/// The cookie of the look: one of three words, the same for everybody who chose it.
const LOOK: &str = "twinlock-look";
/// A year.
const LOOK_SECONDS: u64 = 365 * 24 * 3600;

/// What is known of the other side.
pub(super) fn client(
    ip: IpAddr,
    headers: &HeaderMap,
    device_tokens: Vec<String>,
    language: &str,
) -> Client {
    let agent = headers
        .get(http::header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Client {
        network: twinlock_web::network_key(ip),
        device_label: device_label(agent),
        device_tokens,
        language: language.to_owned(),
        application: None,
    }
}

/// "Firefox on Linux"; the raw text never travels further.
#[must_use]
pub fn device_label(agent: &str) -> String {
    let head: String = agent.chars().take(400).collect();
    let known = woothee::parser::Parser::new().parse(&head);
    match known {
        Some(found) if found.name != "UNKNOWN" && found.os != "UNKNOWN" => {
            format!("{} on {}", found.name, found.os)
        }
        Some(found) if found.name != "UNKNOWN" => found.name.to_owned(),
        _ => String::from("Unknown device"),
    }
}

/// Cookies of an answer.
pub struct Cookies {
    secure: bool,
    headers: Vec<HeaderValue>,
    device_tokens: Vec<String>,
}

impl Cookies {
    /// The session, until the browser closes or the session ends.
    #[must_use]
    pub fn session(mut self, token: &str, seconds: u64) -> Self {
        self.headers.push(set_cookie(
            &cookie_name("twinlock", self.secure),
            token,
            Some(seconds),
            self.secure,
        ));
        self
    }

    /// The sign-in, for its ten minutes.
    #[must_use]
    pub fn sign_in(mut self, token: &str) -> Self {
        self.headers.push(set_cookie(
            &cookie_name("twinlock-signin", self.secure),
            token,
            Some(600),
            self.secure,
        ));
        self
    }

    /// A known device, beside those of other accounts.
    #[must_use]
    pub fn device(mut self, token: &str) -> Self {
        let mut tokens = vec![token.to_owned()];
        let owner = |text: &str| Token::parse(Token::DEVICE, text).map(|token| token.owner);
        let others = self.device_tokens.iter();
        // One browser is one device of an account: the token of before is of no use any more.
        let others = others.filter(|other| owner(other) != owner(token));
        tokens.extend(others.take(trusted_device::TOKENS - 1).cloned());
        let seconds = trusted_device::KNOWN.as_secs();
        self.headers.push(set_cookie(
            &cookie_name("twinlock-device", self.secure),
            &tokens.join("."),
            Some(seconds),
            self.secure,
        ));
        self
    }

    /// The device is forgotten for this account; those of other accounts stay.
    #[must_use]
    pub fn forget_device(mut self, account: AccountId) -> Self {
        let owner = |text: &str| Token::parse(Token::DEVICE, text).map(|token| token.owner);
        let others = self.device_tokens.iter();
        let kept: Vec<String> = others
            .filter(|other| owner(other) != Some(account.0))
            .cloned()
            .collect();
        let name = cookie_name("twinlock-device", self.secure);
        self.headers.push(if kept.is_empty() {
            clear_cookie(&name, self.secure)
        } else {
            let seconds = trusted_device::KNOWN.as_secs();
            set_cookie(&name, &kept.join("."), Some(seconds), self.secure)
        });
        self
    }

    /// The look of pages in this browser.
    #[must_use]
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.headers.push(set_cookie(
            &cookie_name(LOOK, self.secure),
            scheme.theme(),
            Some(LOOK_SECONDS),
            self.secure,
        ));
        self
    }

    /// The sign-in is over.
    #[must_use]
    pub fn end_sign_in(mut self) -> Self {
        self.headers.push(clear_cookie(
            &cookie_name("twinlock-signin", self.secure),
            self.secure,
        ));
        self
    }

    /// The session is over.
    #[must_use]
    pub fn end_session(mut self) -> Self {
        self.headers.push(clear_cookie(
            &cookie_name("twinlock", self.secure),
            self.secure,
        ));
        self
    }

    /// Puts them on an answer.
    #[must_use]
    pub fn on(self, mut response: axum::response::Response) -> axum::response::Response {
        for header in self.headers {
            response
                .headers_mut()
                .append(http::header::SET_COOKIE, header);
        }
        response
    }
}
