//! Somebody's gateway for texts, in this process: it takes every text and remembers the code in it, or hangs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::extract::State;
use axum::{Json, Router, routing};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use tokio::sync::Notify;
use twinlock::app::{Entropy as _, SystemEntropy};

/// The gateway; its settings are those of a webhook.
pub(crate) struct Gateway {
    /// Where texts are posted to.
    pub(crate) url: String,
    /// What they are signed with; nobody here looks.
    pub(crate) secret: String,
    taken: Arc<Taken>,
}

#[derive(Default)]
struct Taken {
    codes: Mutex<HashMap<String, String>>,
    bell: Notify,
    hangs: AtomicBool,
}

impl Gateway {
    /// Listens on a free port until the process ends.
    pub(crate) async fn open() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/texts", listener.local_addr()?);
        let taken = Arc::new(Taken::default());
        let router = Router::new()
            .route("/texts", routing::post(take))
            .with_state(Arc::clone(&taken));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let secret = HEXLOWER.encode(&SystemEntropy.seed()?.0);
        Ok(Self { url, secret, taken })
    }

    /// The code that was texted to a number, once.
    pub(crate) async fn code(&self, to: &str) -> String {
        loop {
            let rung = self.taken.bell.notified();
            if let Some(code) = self.codes().remove(to) {
                return code;
            }
            rung.await;
        }
    }

    /// From now on every text is taken in and never answered.
    pub(crate) fn hang(&self) {
        self.taken.hangs.store(true, Ordering::Relaxed);
    }

    fn codes(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.taken
            .codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(taken): State<Arc<Taken>>, Json(text): Json<Value>) -> Json<Value> {
    if taken.hangs.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    if let Some((to, code)) = read(&text) {
        taken
            .codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(to, code);
        taken.bell.notify_waiters();
    }
    Json(json!({}))
}

/// To whom, and the six digits in it.
fn read(text: &Value) -> Option<(String, String)> {
    let to = text.get("to")?.as_str()?;
    let words = text.get("text")?.as_str()?;
    let code = words
        .split(|c: char| !c.is_ascii_digit())
        .find(|digits| digits.len() == 6)?;
    Some((to.to_owned(), code.to_owned()))
}
