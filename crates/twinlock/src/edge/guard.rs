//! What a route demands before its handler runs: a declared guard, enforced here for every route alike.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use twinlock_web::{OriginVerdict, Problem, PublicUrl, Scheme, TrustedProxies, check_own_origin};

use crate::account;
use crate::app::{App, Refusal, Stop};
use crate::application::{self, Scope};
use crate::session::flow::{self as sessions, Acting, Carrier};

use super::Visit;
use super::answer;
use super::cors::listed_origin;
use super::visit::{Carried, Recognized, client, scheme_of};
use super::watch::Arrival;

/// Whether a route answers people or programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// HTML.
    Page,
    /// JSON and problem documents.
    Api,
    /// Neither: assets, health.
    Plain,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Anyone,
    /// Whoever carries a sign-in's token; the use case checks it.
    SignIn,
    /// Whoever is signed in.
    Session,
    /// An application whose key has this scope.
    ApiKey(Scope),
}

/// What counts tries on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// Nothing is guessed here.
    Nothing,
    /// Passwords, per account and network.
    Password,
    /// Mailed codes: tries per code, mails per mailbox and network.
    MailedCode,
    /// Texts: per number, account, network and instance.
    Text,
    /// Second-factor codes, per account over all factors.
    SecondFactor,
    /// Texts: per number, account, network, and in all.
    Texts,
    /// Nothing that could be guessed; requests of one network all the same.
    Network,
}

/// What a route demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Pages, API or neither.
    pub surface: Surface,
    /// Who may call it.
    pub who: Who,
    /// What counts tries.
    pub throttle: Throttle,
    /// Whether its use case demands a recent proof of a factor.
    pub step_up: bool,
    /// Whether it leaves an event in the record.
    pub audit: bool,
}

/// What the guard of every route needs.
pub struct Gatekeeper {
    /// The application.
    pub app: App,
    /// The one address people see.
    pub public_url: PublicUrl,
    /// Whose forwarding headers are believed.
    pub proxies: TrustedProxies,
}

impl Gatekeeper {
    /// Runs a request through a route's guard.
    pub async fn admit(&self, guard: Guard, request: Request, next: Next) -> Response {
        let (mut parts, body) = request.into_parts();
        let language = self.language(&parts.headers);
        let frame = answer::Frame::new(&self.app, guard.surface, &language, &parts);
        let visit = match self
            .recognize(guard, &parts, &language, frame.request_id())
            .await
        {
            Ok(visit) => visit,
            Err(stop) => return frame.settle(stop.into_response()),
        };
        let frame = frame.with_visit(&visit);
        if let Err(stop) = demand(guard, &visit) {
            return frame.settle(stop.into_response());
        }
        parts.extensions.insert(visit);
        let response = next.run(Request::from_parts(parts, body)).await;
        frame.settle(response)
    }

    /// Answers that there is nothing here (404), or nothing for this method (405), in the frame of whoever asks.
    pub async fn say_nothing(
        &self,
        guard: Guard,
        request: Request,
        status: StatusCode,
    ) -> Response {
        let (parts, _) = request.into_parts();
        let language = self.language(&parts.headers);
        let frame = answer::Frame::new(&self.app, guard.surface, &language, &parts);
        let recognized = self
            .recognize(guard, &parts, &language, frame.request_id())
            .await;
        match recognized {
            Ok(visit) if status == StatusCode::METHOD_NOT_ALLOWED => {
                frame.with_visit(&visit).wrong_method()
            }
            Ok(visit) => frame
                .with_visit(&visit)
                .settle(Stop::from(Refusal::NotFound).into_response()),
            Err(stop) => frame.settle(stop.into_response()),
        }
    }

    /// Answers a program that this path has no such method.
    #[must_use]
    pub fn say_wrong_method(&self, request: Request) -> Response {
        let (parts, _) = request.into_parts();
        let language = self.language(&parts.headers);
        let messages = self.app.catalog.messages(&language);
        let title = messages.text("help-error-method-not-allowed-title");
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", title)
            .detail(messages.text("help-error-method-not-allowed"));
        answer::Frame::new(&self.app, Surface::Api, &language, &parts)
            .settle(problem.into_response())
    }

    fn language(&self, headers: &HeaderMap) -> String {
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        self.app.catalog.negotiate(accepted).to_owned()
    }

    async fn recognize(
        &self,
        guard: Guard,
        request: &Parts,
        language: &str,
        request_id: &Arc<str>,
    ) -> Result<Visit, Stop> {
        let headers = &request.headers;
        let carried = Carried::read(headers, &self.public_url);
        let bearer = bearer(headers);
        self.check_origin(request, &carried, bearer, guard.surface)?;
        let ip = self.client_ip(request);
        let arrival = request.extensions.get::<Arrival>();
        let seed = arrival.map_or_else(|| self.app.entropy.seed(), |arrival| arrival.seed)?;
        let moment = self
            .app
            .moment_of(client(ip, headers, carried.devices.clone(), language), seed);
        let mut visit = Recognized {
            moment,
            acting: None,
            frozen: None,
            person: None,
            is_administrator: false,
            api: None,
            sign_in: None,
            device: None,
            request_id: Arc::clone(request_id),
            path: request
                .uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            only_asks: matches!(request.method, Method::GET | Method::HEAD),
            scheme: Scheme::System,
        };
        match guard.surface {
            Surface::Page => {
                visit.scheme = scheme_of(headers, self.public_url.is_secure());
                self.by_cookie(&mut visit, &carried).await?;
                name_person(&mut visit).await?;
            }
            Surface::Api => self.by_bearer(&mut visit, &carried, bearer).await?,
            Surface::Plain => {}
        }
        if let Some(token) = &visit.sign_in {
            self.app.meet_key_of(token).await?;
        }
        Ok(visit.into())
    }

    async fn by_cookie(&self, visit: &mut Recognized, carried: &Carried) -> Result<(), Stop> {
        if let Some(token) = &carried.session {
            self.by_session(visit, token, Carrier::Cookie).await?;
        }
        visit.sign_in.clone_from(&carried.sign_in);
        Ok(())
    }

    /// A session of a frozen account opens nothing, yet its browser may still see what everybody may, the sign-in page above all.
    async fn by_session(
        &self,
        visit: &mut Recognized,
        token: &str,
        carrier: Carrier,
    ) -> Result<(), Stop> {
        match sessions::recognize(&visit.moment, token).await {
            Ok(Some(session)) => {
                let session = match carrier {
                    Carrier::Cookie => sessions::note_browser(&visit.moment, session).await?,
                    Carrier::Bearer => Some(session),
                };
                visit.acting = session.map(|session| Acting { session, carrier });
            }
            Ok(None) => {}
            Err(Stop::Refused(Refusal::Frozen(by))) => visit.frozen = Some(by),
            Err(stop) => return Err(stop),
        }
        Ok(())
    }

    /// A bearer token is taken for what its prefix says, and for nothing else; without one the session's cookie serves.
    async fn by_bearer(
        &self,
        visit: &mut Recognized,
        carried: &Carried,
        bearer: Option<&str>,
    ) -> Result<(), Stop> {
        match bearer {
            Some(token) if token.starts_with("tlk_") => {
                visit.api = application::flow::recognize(&visit.moment, token).await?;
                let application = visit.api.as_ref().map(|caller| caller.application);
                Arc::make_mut(&mut visit.moment.client).application = application;
            }
            Some(token) if token.starts_with("tli_") => by_sign_in(visit, token),
            Some(token) => self.by_session(visit, token, Carrier::Bearer).await?,
            None => self.by_cookie(visit, carried).await?,
        }
        Ok(())
    }

    /// A write that carries our cookies must come from our own pages; one from elsewhere is refused with or without them.
    fn check_origin(
        &self,
        request: &Parts,
        carried: &Carried,
        bearer: Option<&str>,
        surface: Surface,
    ) -> Result<(), Stop> {
        let safe = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
        // Only a call of the API is made by its bearer token; a page is asked for by cookie, whatever else the request carries.
        if surface == Surface::Api && bearer.is_some() {
            return Ok(());
        }
        let verdict = check_own_origin(&request.headers, &self.public_url);
        if safe {
            // A link on another site may open a page of ours, but not call the API with our cookie.
            let lured =
                surface == Surface::Api && carried.any() && verdict == OriginVerdict::Foreign;
            return if lured {
                Err(Refusal::ForeignOrigin.into())
            } else {
                Ok(())
            };
        }
        match verdict {
            OriginVerdict::Own => Ok(()),
            OriginVerdict::Absent if !carried.any() => Ok(()),
            OriginVerdict::Foreign if !carried.any() && self.is_listed(request) => Ok(()),
            OriginVerdict::Absent | OriginVerdict::Foreign => Err(Refusal::ForeignOrigin.into()),
        }
    }

    /// Scripts of listed origins may begin a sign-in, before they hold any bearer token.
    fn is_listed(&self, request: &Parts) -> bool {
        request.uri.path().starts_with("/api/")
            && listed_origin(&request.headers, &self.app.settings.server.allowed_origins).is_some()
    }

    fn client_ip(&self, request: &Parts) -> IpAddr {
        let peer = request
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        self.proxies.client_ip(peer, &request.headers)
    }
}

/// A sign-in that was begun with a known device's token carries that token along, after a dot.
fn by_sign_in(visit: &mut Recognized, token: &str) {
    let (sign_in, device) = match token.split_once('.') {
        Some((sign_in, device)) => (sign_in, Some(device.to_owned())),
        None => (token, None),
    };
    visit.sign_in = Some(sign_in.to_owned());
    if let Some(device) = &device {
        visit.moment = visit.moment.on_device(device.clone());
    }
    visit.device = device;
}

/// What the page's menu shows: the person's own name, or their address; and whether there is more for them than their own settings.
async fn name_person(visit: &mut Recognized) -> Result<(), Stop> {
    let Some(acting) = &visit.acting else {
        return Ok(());
    };
    let account = acting.account();
    let found = visit
        .moment
        .read(move |w| account::store::load(w, account))
        .await?;
    visit.is_administrator = (found.as_ref())
        .is_some_and(|account| matches!(account.role, account::Role::Administrator));
    visit.person = found.map(|account| match account.name.is_empty() {
        true => account.email.unwrap_or_default(),
        false => account.name,
    });
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn demand(guard: Guard, visit: &Visit) -> Result<(), Stop> {
    match guard.who {
        Who::Anyone => Ok(()),
        // A program that sends no token, or one of another kind, has not begun a sign-in that could be over.
        Who::SignIn if guard.surface == Surface::Api && visit.sign_in.is_none() => {
            Err(Refusal::SignedOut.into())
        }
        Who::SignIn => visit.sign_in().map(|_| ()),
        Who::Session => visit.acting().map(|_| ()),
        Who::ApiKey(scope) => {
            let caller = visit.api()?;
            if caller.may(scope) {
                Ok(())
            } else {
                Err(Refusal::MissingScope(scope.word()).into())
            }
        }
    }
}
