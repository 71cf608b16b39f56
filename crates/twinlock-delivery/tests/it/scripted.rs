//! A tiny SMTP server that misbehaves as told.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What to do when a command (or, for `"."`, the end of a message) arrives.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    Say(&'static str),
    Close,
    Hang,
}

/// Asked with the number of the connection (from 0) and the line; `None` means: as usual. The first
/// line of each connection is `"CONNECT"`.
type Script = dyn Fn(usize, &str) -> Option<Reply> + Send + Sync;

pub(crate) struct ScriptedServer {
    port: u16,
    heard: Arc<Mutex<Vec<(usize, String)>>>,
}

impl ScriptedServer {
    pub(crate) fn start(
        script: impl Fn(usize, &str) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let log = Arc::clone(&heard);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                thread::spawn(move || converse(number, stream.unwrap(), &*script, &log));
            }
        });
        Self { port, heard }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every line received, over all connections.
    pub(crate) fn lines(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(_, line)| line.clone()).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.count("CONNECT")
    }

    pub(crate) fn count(&self, beginning: &str) -> usize {
        let lines = self.lines();
        lines
            .iter()
            .filter(|line| line.starts_with(beginning))
            .count()
    }
}

fn converse(number: usize, stream: TcpStream, script: &Script, log: &Mutex<Vec<(usize, String)>>) {
    let mut writer = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut line = "CONNECT".to_owned();
    let mut in_message = false;
    loop {
        log.lock().unwrap().push((number, line.clone()));
        if !in_message || line == "." {
            match script(number, &line).unwrap_or_else(|| usual(&line)) {
                Reply::Close => return,
                Reply::Hang => loop {
                    thread::park();
                },
                Reply::Say(text) => {
                    // Only DATA is answered so; after the final dot this is false again.
                    in_message = text.starts_with("354");
                    if writer.write_all(text.as_bytes()).is_err() {
                        return;
                    }
                    let _ = writer.write_all(b"\r\n");
                }
            }
        }
        match lines.next() {
            Some(Ok(next)) => line = next,
            _ => return,
        }
    }
}

fn usual(line: &str) -> Reply {
    let verb = line.split([' ', ':']).next().unwrap_or_default();
    Reply::Say(match verb {
        "CONNECT" => "220 scripted ESMTP",
        "EHLO" => "250-scripted\r\n250 8BITMIME",
        "DATA" => "354 go on",
        "." => "250 2.0.0 Ok: queued as 4BF1A2",
        "QUIT" => "221 bye",
        _ => "250 2.1.0 Ok",
    })
}
