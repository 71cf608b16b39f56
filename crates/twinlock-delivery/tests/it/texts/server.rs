//! A tiny HTTP server that answers as told, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Longest wait for a request that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What to do with a request.
pub(crate) enum Answer {
    /// An answer of this status, with this body.
    Http(u16, String),
    /// These bytes, and then the end.
    Raw(String),
    /// These bytes, and then nothing more.
    Stall(String),
    Hang,
}

/// One request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// The value of a header that came exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let is_it = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        let mut found = self.headers.iter().filter(is_it);
        let (_, value) = found.next()?;
        assert!(found.next().is_none(), "{name} came twice");
        Some(value)
    }

    /// The fields of a form, sorted.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        let expected = "application/x-www-form-urlencoded";
        assert_eq!(self.header("content-type"), Some(expected));
        let pairs = url::form_urlencoded::parse(self.body.as_bytes());
        let mut fields: Vec<_> = pairs.into_owned().collect();
        fields.sort();
        fields
    }

    /// What stands behind the path.
    pub(crate) fn query(&self) -> &str {
        let target = self.line.split(' ').nth(1).unwrap();
        target.split_once('?').map_or("", |(_, query)| query)
    }
}

type Script = dyn Fn(usize, &Request) -> Answer + Send + Sync;

#[derive(Default)]
struct Heard {
    requests: Mutex<Vec<Request>>,
    came: Condvar,
}

pub(crate) struct HttpServer {
    port: u16,
    scheme: &'static str,
    heard: Arc<Heard>,
}

impl HttpServer {
    /// Asks the script with the number of the request (from 0) and the request.
    pub(crate) fn start(
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen(None, script)
    }

    /// The same over TLS.
    pub(crate) fn start_with_tls(
        certificate: &Path,
        key: &Path,
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let certificate = CertificateDer::from_pem_file(certificate).unwrap();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::listen(Some(Arc::new(config)), script)
    }

    pub(crate) fn always(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::start(move |_, _| Answer::Http(status, body.clone()))
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.heard.requests.lock().unwrap().clone()
    }

    /// Waits for so many requests.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Request> {
        let requests = self.heard.requests.lock().unwrap();
        let came = &self.heard.came;
        let too_few = |requests: &mut Vec<Request>| requests.len() < count;
        let (requests, _) = came
            .wait_timeout_while(requests, PATIENCE, too_few)
            .unwrap();
        assert!(requests.len() >= count, "only {} came", requests.len());
        requests.clone()
    }

    fn listen(
        tls: Option<Arc<ServerConfig>>,
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let heard = Arc::new(Heard::default());
        let script: Arc<Script> = Arc::new(script);
        let log = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, log, tls) = (Arc::clone(&script), Arc::clone(&log), tls.clone());
                thread::spawn(move || accept(stream.unwrap(), tls, &*script, &log));
            }
        });
        Self {
            port,
            scheme,
            heard,
        }
    }
}

/// The address of a port where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn accept(stream: TcpStream, tls: Option<Arc<ServerConfig>>, script: &Script, heard: &Heard) {
    match tls {
        None => converse(stream, script, heard),
        Some(config) => {
            let connection = ServerConnection::new(config).unwrap();
            converse(StreamOwned::new(connection, stream), script, heard);
        }
    }
}

/// One request, one answer.
fn converse(stream: impl Read + Write, script: &Script, heard: &Heard) {
    let mut reader = BufReader::new(stream);
    let Some(request) = read(&mut reader) else {
        return;
    };
    let number = {
        let mut requests = heard.requests.lock().unwrap();
        requests.push(request.clone());
        heard.came.notify_all();
        requests.len() - 1
    };
    let answer = match script(number, &request) {
        Answer::Hang => hang(),
        Answer::Stall(bytes) => {
            reader.get_mut().write_all(bytes.as_bytes()).unwrap();
            reader.get_mut().flush().unwrap();
            hang()
        }
        Answer::Raw(bytes) => bytes,
        Answer::Http(status, body) => {
            let length = body.len();
            format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}")
        }
    };
    // The client may have gone: that is its test's business.
    let _ = reader.get_mut().write_all(answer.as_bytes());
    let _ = reader.get_mut().flush();
}

fn hang() -> ! {
    loop {
        thread::park();
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut request = Request {
        line: line(reader)?,
        ..Request::default()
    };
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ")?;
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    let length = request
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.ends_with("\r\n").then(|| line.trim_end().to_owned())
}
