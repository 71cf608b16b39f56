//! Addresses in the form in which they go over the wire.

use lettre::Address;

/// Longest address of an SMTP path (RFC 5321 §4.5.3.1.3: 256 octets with the angle brackets).
const LONGEST_ADDRESS: usize = 254;

/// Characters that need quoting or have a meaning of their own in headers and SMTP commands.
const REFUSED: &str = "\"(),:;<>[\\]";

/// Reads exactly one `local@domain` and turns an international domain into its ASCII form.
///
/// Narrower than RFC 5321 on purpose: quoted local parts and address literals are refused, because
/// they are where parsers disagree and one address becomes two. `None` says only "not usable".
pub(crate) fn wire_address(text: &str) -> Option<Address> {
    let hostile = |c: char| c.is_control() || c.is_whitespace() || REFUSED.contains(c);
    if text.chars().any(hostile) {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    // The local part is limited to 64 octets by `Address` itself.
    let address = Address::new(local, domain).ok()?;
    let all: &str = address.as_ref();
    (all.len() <= LONGEST_ADDRESS).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_international_addresses_are_read() {
        let cases = [
            ("ann@example.com", "ann@example.com"),
            ("ann.b+tag@example.com", "ann.b+tag@example.com"),
            ("ann@Bücher.example", "ann@xn--bcher-kva.example"),
            ("ann@例え.jp", "ann@xn--r8jz45g.jp"),
            ("änn@example.com", "änn@example.com"),
            ("root@localhost", "root@localhost"),
        ];
        for (text, wire) in cases {
            let address = wire_address(text).unwrap();
            assert_eq!(address.to_string(), wire);
        }
    }

    #[test]
    fn whatever_could_become_a_second_address_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_domain = format!("a@{}example.com", "abcdefgh.".repeat(28));
        let cases = [
            "",
            "ann",
            "@example.com",
            "ann@",
            " ann@example.com",
            "ann@example.com ",
            "ann@example.com, bob@example.com",
            "ann@example.com,bob@example.com",
            "ann@example.com;bob@example.com",
            "Ann <ann@example.com>",
            "ann@example.com>\r\nRCPT TO:<bob@example.com",
            "ann@example.com\r\nBcc: bob@example.com",
            "ann\n@example.com",
            "ann\0@example.com",
            "\"ann b\"@example.com",
            "\"ann@a.example,bob\"@example.com",
            "ann@b@example.com",
            "ann(c)@example.com",
            "ann@[127.0.0.1]",
            "ann@exa mple.com",
            "ann@exa_mple.com",
            "ann@-example.com",
            "ann..b@example.com",
            "group:ann@example.com",
            &long_local,
            &long_domain,
        ];
        for text in cases {
            assert!(wire_address(text).is_none(), "{text:?} was taken");
        }
    }
}
