//! Addresses: mailboxes, names beside them, paths to return to, and our own.

use twinlock::account::Mailbox;
use twinlock::account::rules::clean_name;
use twinlock_web::{PublicUrl, safe_return_path};
use url::Url;

use crate::text;

/// A mailbox is the same when it is read again, has one `@` that counts, and is one address to a second reader too.
pub(crate) fn mailbox(bytes: &[u8]) {
    let typed = text(bytes);
    let Some(mailbox) = Mailbox::parse(&typed) else {
        return;
    };
    let canonical = mailbox.as_str();
    let again = Mailbox::parse(canonical);
    assert!(
        again.is_some_and(|again| again.as_str() == canonical),
        "{typed:?} is {canonical:?}"
    );
    assert!(canonical.len() <= 254);
    assert_eq!(canonical.matches('@').count(), 1, "{canonical:?}");
    assert!(
        !canonical
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "<>,;:\"\\()[]".contains(c)),
        "{canonical:?}"
    );
    assert!(mailbox.domain().is_ascii() && !mailbox.domain().contains(char::is_uppercase));
    if canonical.is_ascii() {
        let second = canonical.parse::<lettre::Address>();
        assert!(
            second.is_ok_and(|second| second.to_string() == canonical),
            "{canonical:?}"
        );
    }
    let upper = Mailbox::parse(&canonical.to_ascii_uppercase());
    assert!(
        upper.is_some_and(|upper| upper.as_str() == canonical),
        "{canonical:?} in capitals"
    );
}

/// A name that is kept holds nothing that turns or breaks a line, and cleaning it again changes nothing.
pub(crate) fn name(bytes: &[u8]) {
    let typed = text(bytes);
    let Some(clean) = clean_name(&typed) else {
        return;
    };
    assert!(clean.chars().count() <= 100);
    assert!(
        !clean
            .chars()
            .any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)),
        "{clean:?}"
    );
    assert_eq!(
        clean_name(&clean).as_deref(),
        Some(clean.as_str()),
        "{typed:?}"
    );
}

/// Whatever we accept as a way back resolves to our own host, as a browser resolves it, also after one more decoding.
pub(crate) fn return_path(bytes: &[u8]) {
    let typed = text(bytes);
    let Some(path) = safe_return_path(&typed) else {
        return;
    };
    assert_eq!(path, typed);
    let Ok(base) = Url::parse("https://login.example.org/sign-in") else {
        return;
    };
    let decoded = percent_decoded(path.split('?').next().unwrap_or_default());
    for way in [path.clone(), decoded] {
        let resolved = base.join(&way);
        assert!(
            resolved.is_ok_and(|url| url.origin() == base.origin() && url.username().is_empty()),
            "{way:?} leads elsewhere"
        );
    }
}

fn percent_decoded(path: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits: String = bytes.by_ref().take(2).map(char::from).collect();
        if let Ok(byte) = u8::from_str_radix(&digits, 16) {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An address of ours that is accepted is an origin and nothing more, and links made with it stay on it.
pub(crate) fn public_url(bytes: &[u8]) {
    let typed = text(bytes);
    let Ok(ours) = PublicUrl::parse(&typed) else {
        return;
    };
    let parsed = Url::parse(ours.origin());
    assert!(parsed.is_ok(), "{typed:?}");
    let Ok(parsed) = parsed else { return };
    assert_eq!(parsed.path(), "/");
    assert!(
        parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty()
    );
    assert!(matches!(parsed.scheme(), "https" | "http"));
    assert_eq!(parsed.scheme() == "https", ours.is_secure());
    let link = Url::parse(&ours.join("/not-me/abc"));
    assert!(link.is_ok_and(|link| link.origin() == parsed.origin()));
    let again = PublicUrl::parse(ours.origin());
    assert!(again.is_ok_and(|again| again.origin() == ours.origin()));
}

/// Whatever a subject and an address hold, a mail has one recipient, and its header lines are ours alone.
pub(crate) fn mail_headers(bytes: &[u8]) {
    let all = text(bytes);
    let (to, subject) = all.split_once('\n').unwrap_or((&all, ""));
    let mail = twinlock_delivery::Mail {
        id: String::from("0192"),
        to: to.to_owned(),
        subject: subject.to_owned(),
        text: String::from("Hello"),
        html: None,
    };
    let Some(wire) = twinlock_delivery::wire_form(&mail, "Twinlock <login@example.org>") else {
        return;
    };
    let wire = String::from_utf8_lossy(&wire).into_owned();
    let head = wire.split("\r\n\r\n").next().unwrap_or_default();
    for line in head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
    {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        assert!(
            [
                "message-id",
                "from",
                "to",
                "subject",
                "date",
                "mime-version",
                "content-type",
                "content-transfer-encoding",
                "auto-submitted"
            ]
            .contains(&name.as_str()),
            "a header of somebody else's: {line:?}"
        );
        // A local part may be in any script (RFC 6531); everything else is encoded.
        assert!(line.is_ascii() || name == "to", "{line:?}");
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    assert_eq!(
        head.to_ascii_lowercase().matches("\r\nto:").count()
            + usize::from(head.to_ascii_lowercase().starts_with("to:")),
        1
    );
}
