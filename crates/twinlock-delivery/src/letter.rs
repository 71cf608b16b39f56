//! A [`Mail`] as the bytes that go over the wire (RFC 5322, MIME).

use lettre::message::header::{HeaderName, HeaderValue, MessageId};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::Mail;
use crate::address::wire_address;

/// Enough for any honest subject; mail programs show far less.
const LONGEST_SUBJECT: usize = 200;

/// Keeps the `Message-ID` line within the 998 octets of RFC 5322 §2.1.1 when every byte is escaped.
const LONGEST_ID: usize = 200;

/// A message ready for one SMTP transaction: its only recipient and its content.
pub(crate) struct Letter {
    pub(crate) recipient: Address,
    pub(crate) content: Vec<u8>,
}

impl Letter {
    /// Whether the server must speak SMTPUTF8 (RFC 6531). Only a local part can ask for it: domains
    /// are ASCII by now, and everything else is encoded.
    pub(crate) fn needs_utf8(&self) -> bool {
        let recipient: &str = self.recipient.as_ref();
        !recipient.is_ascii()
    }
}

/// Builds the letter, or says what is wrong with the mail, in words free of its content.
pub(crate) fn compose(from: &Mailbox, mail: &Mail) -> Result<Letter, &'static str> {
    let recipient = wire_address(&mail.to).ok_or("the address is not usable")?;
    let message_id = message_id(&mail.id, from.email.domain())?;
    let automatic = HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    );
    // `Date` is set by lettre.
    let headers = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, recipient.clone()))
        .subject(subject_line(&mail.subject))
        .header(MessageId::from(message_id))
        .raw_header(automatic);
    let text = body_text(&mail.text);
    let message = match &mail.html {
        Some(html) => {
            let html = body_text(html);
            headers.multipart(MultiPart::alternative_plain_html(text, html))
        }
        None => headers.singlepart(SinglePart::plain(text)),
    };
    let message = message.map_err(|_| "the message cannot be put together")?;
    Ok(Letter {
        recipient,
        content: message.formatted(),
    })
}

/// `<id@domain>`, the id written as an RFC 5322 dot-atom: other bytes become `=XX`, so that
/// different ids stay different.
fn message_id(id: &str, domain: &str) -> Result<String, &'static str> {
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err("the message id is empty or too long");
    }
    let escaped: String = id
        .bytes()
        .map(|byte| match byte {
            b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
            _ => format!("={byte:02X}"),
        })
        .collect();
    Ok(format!("<{escaped}@{domain}>"))
}

/// One line of bounded length: a subject may hold names chosen by strangers.
fn subject_line(subject: &str) -> String {
    let spaced = subject.replace(char::is_control, " ");
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_SUBJECT {
        return line;
    }
    let mut cut: String = line.chars().take(LONGEST_SUBJECT - 1).collect();
    cut.push('…');
    cut
}

/// Line ends become `\n` (lettre writes them as CRLF): a lone CR or LF on the wire is what "SMTP
/// smuggling" is made of. Other control characters have no business in a mail.
fn body_text(body: &str) -> String {
    body.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace(|c: char| c.is_control() && c != '\n' && c != '\t', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        Mail {
            id: "018f-1".to_owned(),
            to: "ann@example.org".to_owned(),
            subject: "Your code".to_owned(),
            text: "Hello Ann\n".to_owned(),
            html: None,
        }
    }

    fn written(mail: &Mail) -> String {
        let from = "Twinlock <no-reply@example.com>".parse().unwrap();
        String::from_utf8(compose(&from, mail).unwrap().content).unwrap()
    }

    fn header_names(raw: &str) -> Vec<&str> {
        let (head, _) = raw.split_once("\r\n\r\n").unwrap();
        head.split("\r\n")
            .filter(|line| !line.starts_with(' '))
            .map(|line| line.split_once(':').unwrap().0)
            .collect()
    }

    #[test]
    fn a_letter_carries_date_message_id_and_says_that_a_machine_wrote_it() {
        let raw = written(&mail());
        assert!(raw.contains("Message-ID: <018f-1@example.com>\r\n"));
        assert!(raw.contains("Auto-Submitted: auto-generated\r\n"));
        assert!(raw.contains("\r\nDate: "));
        assert!(raw.contains("To: ann@example.org\r\n"));
        assert!(raw.contains("no-reply@example.com"));
    }

    #[test]
    fn m13_line_breaks_in_a_subject_add_no_header() {
        let plain = written(&mail());
        let attacks = [
            "Hi\r\nBcc: eve@example.net",
            "Hi\nBcc: eve@example.net",
            "Hi\rBcc: eve@example.net",
            "Hi\r\n\r\n<script>",
            "Hi\u{2028}Bcc: eve@example.net",
            "Hi\0\u{b}\u{c}\u{85}Bcc: eve@example.net",
            "\r\n",
            "é\r\nBcc: eve@example.net",
        ];
        for subject in attacks {
            let raw = written(&Mail {
                subject: subject.to_owned(),
                ..mail()
            });
            assert_eq!(header_names(&raw), header_names(&plain), "{subject:?}");
            assert!(raw.is_ascii());
        }
    }

    #[test]
    fn m13_an_id_cannot_leave_its_header() {
        let raw = written(&Mail {
            id: "a>\r\nBcc: eve@x.=é".to_owned(),
            ..mail()
        });
        assert_eq!(header_names(&raw), header_names(&written(&mail())));
        let expected = "<a=3E=0D=0ABcc=3A=20eve=40x=2E=3D=C3=A9@example.com>";
        assert!(raw.contains(expected), "{raw}");
    }

    #[test]
    fn an_empty_or_endless_id_is_an_error() {
        let from = "no-reply@example.com".parse().unwrap();
        for id in [String::new(), "x".repeat(201)] {
            assert!(compose(&from, &Mail { id, ..mail() }).is_err());
        }
    }

    #[test]
    fn an_over_long_subject_is_cut_and_lines_stay_short() {
        for word in ["x", "word ", "ü", "日本 "] {
            let raw = written(&Mail {
                subject: word.repeat(10_000),
                ..mail()
            });
            let longest = raw.split("\r\n").map(str::len).max().unwrap();
            assert!(longest < 300, "a line of {longest} bytes");
            assert!(raw.len() < 4_000);
        }
        assert_eq!(subject_line(&"ü".repeat(201)).chars().count(), 200);
    }

    #[test]
    fn bodies_keep_their_words_and_lose_lone_line_breaks() {
        let raw = written(&Mail {
            text: "one\rtwo\nthree\r\nfour\0\u{7}\n.\n.dot\n".to_owned(),
            ..mail()
        });
        let body = "\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\n.\r\n.dot\r\n";
        assert!(raw.contains(body), "{raw:?}");
        let without_pairs = raw.replace("\r\n", "");
        assert!(!without_pairs.contains(['\r', '\n']));
    }

    #[test]
    fn a_mail_with_html_offers_both() {
        let raw = written(&Mail {
            html: Some("<p>Grüße</p>".to_owned()),
            ..mail()
        });
        assert!(raw.contains("multipart/alternative"));
        let plain = raw.find("text/plain").unwrap();
        let html = raw.find("text/html").unwrap();
        assert!(plain < html, "the richest version comes last (RFC 2046)");
        assert!(raw.is_ascii());
    }

    #[test]
    fn no_line_of_either_part_is_too_long_for_the_wire() {
        let long = "word ".repeat(400);
        for words in [long.clone(), format!("ü {long}"), "x".repeat(3_000)] {
            let raw = written(&Mail {
                text: words.clone(),
                html: Some(format!("<p style=\"margin: 0\">{words}</p>")),
                ..mail()
            });
            let longest = raw.split("\r\n").map(str::len).max().unwrap();
            assert!(longest <= 78, "a line of {longest} bytes");
            assert!(raw.is_ascii());
        }
    }

    #[test]
    fn only_a_local_part_asks_for_smtputf8() {
        let from = "no-reply@example.com".parse().unwrap();
        let needs = |to: &str| {
            let to = to.to_owned();
            compose(&from, &Mail { to, ..mail() }).unwrap().needs_utf8()
        };
        assert!(needs("änn@example.org"));
        assert!(!needs("ann@bücher.example"));
    }
}
