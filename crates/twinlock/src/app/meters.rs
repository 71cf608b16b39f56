//! What the process counts about itself, for whoever watches over it.
//!
//! Labels are words of the program (`&'static str`), never anything that came from outside: no metric can grow without bound or name a
//! person.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::Method;
use twinlock_db::{Distribution, Histogram};

use super::Timestamp;

/// Something that happened and was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tally {
    /// An event of the record.
    Event(&'static str),
    /// A first factor was tried.
    FirstFactor {
        /// `password`.
        kind: &'static str,
        /// `accepted`, `wrong`, `locked` or `limited`.
        outcome: &'static str,
    },
    /// A mailed code was tried.
    MailedCode {
        /// What the code was for.
        purpose: &'static str,
        /// `accepted` or `wrong`.
        outcome: &'static str,
    },
    /// A second factor was tried, anywhere.
    SecondFactor {
        /// `totp`, `sms`, `webauthn` or `backup_code`.
        kind: &'static str,
        /// `accepted`, `locked`, `no_factor`, or why it was wrong.
        outcome: &'static str,
    },
    /// Wrong codes made codes wait.
    SecondFactorWaits,
    /// A mail changed its state: `queued`, `sent`, `refused`, `later` or `expired`.
    Mail(&'static str),
    /// A text changed its state: `queued`, `accepted`, `sent`, `delivered`, `refused`, `unknown`, `later` or `expired`.
    Text(&'static str),
    /// A texted code came back.
    TextEntered,
    /// A text was not sent: the limit's name, or `text_prefix`.
    TextStopped(&'static str),
    /// A session began.
    SessionMade,
    /// A session ended before its time.
    SessionEnded,
}

/// One route's figures.
#[derive(Debug, Default)]
struct RouteMeter {
    /// Answers by the first digit of their status, from 1 to 5.
    classes: [AtomicU64; 5],
    /// From the head of the request to the answer.
    latency: Histogram,
}

/// What the process counts.
#[derive(Clone, Debug, Default)]
pub struct Meters(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    routes: OnceLock<HashMap<&'static str, Vec<(Method, RouteMeter)>>>,
    elsewhere: RouteMeter,
    tallies: Mutex<BTreeMap<Tally, u64>>,
    hashes_refused: AtomicU64,
    /// Milliseconds since 1970; 0: no certificate of our own.
    certificate_ends: AtomicI64,
}

/// One route's figures as they are shown.
#[derive(Clone, Debug)]
pub struct RouteFigures {
    /// The method; empty where no route was met.
    pub method: String,
    /// The pattern; `none` where no route was met.
    pub route: &'static str,
    /// Answers by class.
    pub classes: [u64; 5],
    /// Durations.
    pub latency: Distribution,
}

impl Meters {
    /// Gives every route its figures. Only the first call counts: a process has one table of routes.
    pub fn know_routes(&self, routes: impl Iterator<Item = (Method, &'static str)>) {
        self.0.routes.get_or_init(|| {
            let mut known: HashMap<_, Vec<_>> = HashMap::new();
            for (method, path) in routes {
                known
                    .entry(path)
                    .or_default()
                    .push((method, RouteMeter::default()));
            }
            known
        });
    }

    /// Counts an answer. `route` is the pattern that was met, if any.
    pub fn answered(&self, method: &Method, route: Option<&str>, status: u16, took: Duration) {
        // A HEAD is answered by what answers GET.
        let asked = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let known = self.0.routes.get().zip(route);
        let met = known
            .and_then(|(routes, route)| routes.get(route))
            .and_then(|methods| methods.iter().find(|(method, _)| method == asked));
        let meter = met.map_or(&self.0.elsewhere, |(_, meter)| meter);
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(class) = meter.classes.get(class) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        meter.latency.add(took);
    }

    /// Counts what was committed.
    pub fn add(&self, tallies: &[Tally]) {
        if tallies.is_empty() {
            return;
        }
        let mut counted = self
            .0
            .tallies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for tally in tallies {
            *counted.entry(*tally).or_default() += 1;
        }
    }

    /// A password could not be hashed because too many were waiting.
    pub fn hash_refused(&self) {
        self.0.hashes_refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Passwords that were not hashed because too many were waiting.
    #[must_use]
    pub fn hashes_refused(&self) -> u64 {
        self.0.hashes_refused.load(Ordering::Relaxed)
    }

    /// A certificate is in use until then.
    pub fn certificate_ends(&self, at: Timestamp) {
        let millis = at.as_millis();
        self.0.certificate_ends.store(millis, Ordering::Relaxed);
    }

    /// When the certificate in use ends, where TLS is spoken here.
    #[must_use]
    pub fn certificate_end(&self) -> Option<Timestamp> {
        match self.0.certificate_ends.load(Ordering::Relaxed) {
            0 => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }

    /// What was committed so far.
    #[must_use]
    pub fn tallies(&self) -> BTreeMap<Tally, u64> {
        self.0
            .tallies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Every route that was asked for, by pattern and method, and last what met no route.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteFigures> {
        let mut figures = Vec::new();
        for (route, methods) in self.0.routes.get().into_iter().flatten() {
            for (method, meter) in methods {
                figures.push(shown(method.to_string(), route, meter));
            }
        }
        figures.retain(|one| one.latency.count > 0);
        figures.sort_by(|a, b| (a.route, &a.method).cmp(&(b.route, &b.method)));
        figures.push(shown(String::new(), "none", &self.0.elsewhere));
        figures
    }
}

fn shown(method: String, route: &'static str, meter: &RouteMeter) -> RouteFigures {
    RouteFigures {
        method,
        route,
        classes: std::array::from_fn(|class| {
            meter
                .classes
                .get(class)
                .map_or(0, |count| count.load(Ordering::Relaxed))
        }),
        latency: meter.latency.read(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_at_its_route_and_a_made_up_path_at_none() {
        let meters = Meters::default();
        let routes = [(Method::GET, "/help/{page}"), (Method::POST, "/sign-in")];
        meters.know_routes(routes.into_iter());
        let took = Duration::from_millis(3);
        meters.answered(&Method::HEAD, Some("/help/{page}"), 200, took);
        meters.answered(&Method::GET, Some("/sign-in"), 405, took);
        meters.answered(&Method::GET, None, 404, took);
        let counted: Vec<_> = meters
            .routes()
            .into_iter()
            .map(|one| (one.method, one.route, one.classes))
            .collect();
        assert_eq!(
            counted,
            [
                (String::from("GET"), "/help/{page}", [0, 1, 0, 0, 0]),
                (String::new(), "none", [0, 0, 0, 2, 0]),
            ]
        );
    }
}
