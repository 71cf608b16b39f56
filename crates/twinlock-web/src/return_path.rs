//! Where to go after signing in: only ever a path on this service.

/// Longest return path kept, in bytes.
pub const MAX_RETURN_PATH: usize = 512;

/// Accepts `raw` only if it is a plain path (and query) on this service; `None` means "use the default".
///
/// Grammar, on purpose narrower than RFC 3986: one `/`, then not `/` nor `\`, then unreserved characters,
/// `!$&'()*+,;=:@/` and whole `%XX` escapes, and after one `?` the same plus `?`. A path segment may not be
/// `.` or `..`; escapes may hide no control character, and in the path no slash, backslash, dot or percent
/// sign either, so that no later decoding turns it into another host or another path.
#[must_use]
pub fn safe_return_path(raw: &str) -> Option<String> {
    if raw.len() > MAX_RETURN_PATH {
        return None;
    }
    let after_slash = raw.strip_prefix('/')?;
    if after_slash.starts_with(['/', '\\']) {
        return None;
    }
    let (path, query) = match raw.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (raw, None),
    };
    let path_is_plain = has_only(path, b"/:@!$&'()*+,;=", b"%./\\")
        && !path.contains("//")
        && !path.split('/').any(|segment| matches!(segment, "." | ".."));
    let query_is_plain = query.is_none_or(|query| has_only(query, b"/?:@!$&'()*+,;=", b""));
    (path_is_plain && query_is_plain).then(|| raw.to_owned())
}

fn has_only(text: &str, others: &[u8], never_escaped: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let allowed = match byte {
            b'%' => escaped_byte(bytes.next(), bytes.next())
                .is_some_and(|byte| !byte.is_ascii_control() && !never_escaped.contains(&byte)),
            b'-' | b'.' | b'_' | b'~' => true,
            byte => byte.is_ascii_alphanumeric() || others.contains(&byte),
        };
        if !allowed {
            return false;
        }
    }
    true
}

fn escaped_byte(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let hex = |digit: Option<u8>| char::from(digit?).to_digit(16);
    u8::try_from(hex(high)? * 16 + hex(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_returns_to_the_page_they_wanted() {
        for path in [
            "/",
            "/settings/security",
            "/orgs/acme/members?filter=without&page=2",
            "/oauth/authorize?redirect_uri=https%3A%2F%2Fx.example%2Fcb&state=a/b?c",
            "/a%20b",
            "/~ann/x.y",
        ] {
            assert_eq!(safe_return_path(path).as_deref(), Some(path), "{path}");
        }
    }

    #[test]
    fn m14_nothing_leads_to_another_site() {
        let long = format!("/{}", "a".repeat(MAX_RETURN_PATH));
        for path in [
            "",
            "evil",
            "//evil",
            "/\\evil",
            "\\/evil",
            "///evil",
            "https:evil",
            "https://evil",
            "javascript:alert(1)",
            "%2f%2fevil",
            "/%2f/evil",
            "/%2fevil",
            "/%5cevil",
            "/%5Cevil",
            "/\tevil",
            "/\nevil",
            "/a\r\nLocation: x",
            "/a b",
            " /a",
            "/a#f",
            "/a\u{0}",
            "/%00",
            "/%0d%0aSet-Cookie:x",
            "/\u{3002}evil",
            "/\u{ff0f}evil",
            "/é",
            "/a//evil",
            "/a/../..//x",
            "/..",
            "/./",
            "/%2e%2e/",
            "/%252e",
            "/%",
            "/%2",
            "/%zz",
            "/a?b\\c",
            "/a?<script>",
            "/\"x",
            "/a?b#c",
            "/a?b=%0a",
            "@evil",
            long.as_str(),
        ] {
            assert_eq!(safe_return_path(path), None, "{path:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_accepted_stays_on_our_origin(raw in "[/\\\\a-z0-9.%?@:#2fF5cC\t ]{0,40}") {
            if let Some(path) = safe_return_path(&raw) {
                let base = url::Url::parse("https://auth.example.org").unwrap();
                let joined = base.join(&path).unwrap();
                assert_eq!(joined.origin(), base.origin());
                assert!(joined.as_str().ends_with(&path));
            }
        }
    }
}
