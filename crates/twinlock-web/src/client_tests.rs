use super::*;

fn proxies(entries: &[&str]) -> TrustedProxies {
    let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
    TrustedProxies::parse(&entries).unwrap()
}

fn client(trusted: &[&str], peer: &str, pairs: &[(&'static str, &str)]) -> String {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    client_ip(&proxies(trusted), peer.parse().unwrap(), &headers).to_string()
}

#[test]
fn b10_a_caller_cannot_invent_its_address() {
    for pairs in [
        &[("x-forwarded-for", "1.2.3.4")][..],
        &[("forwarded", "for=1.2.3.4")],
        &[("x-real-ip", "1.2.3.4"), ("true-client-ip", "1.2.3.4")],
    ] {
        assert_eq!(client(&[], "198.51.100.7", pairs), "198.51.100.7");
        assert_eq!(
            client(&["10.0.0.0/8"], "198.51.100.7", pairs),
            "198.51.100.7"
        );
    }
    assert_eq!(
        client(&["10.0.0.0/8"], "10.0.0.1", &[("x-real-ip", "1.2.3.4")]),
        "10.0.0.1"
    );
}

#[test]
fn b10_behind_a_proxy_the_rightmost_unlisted_hop_is_the_client() {
    let seen = |value| {
        client(
            &["10.0.0.0/8", "fd00::7"],
            "10.0.0.1",
            &[("x-forwarded-for", value)],
        )
    };
    assert_eq!(seen("198.51.100.7"), "198.51.100.7");
    assert_eq!(seen("6.6.6.6, 198.51.100.7"), "198.51.100.7");
    assert_eq!(seen("6.6.6.6, 198.51.100.7, 10.9.9.9"), "198.51.100.7");
    assert_eq!(
        seen("6.6.6.6, 198.51.100.7,fd00::7 , 10.9.9.9"),
        "198.51.100.7"
    );
    assert_eq!(seen("10.1.1.1, 10.2.2.2"), "10.1.1.1");
    assert_eq!(seen("198.51.100.7:4711"), "198.51.100.7");
    assert_eq!(seen("[2001:db8::1]:4711"), "2001:db8::1");
    assert_eq!(seen("2001:db8::1"), "2001:db8::1");
    assert_eq!(seen("::ffff:198.51.100.7"), "198.51.100.7");
}

#[test]
fn b10_several_header_lines_read_as_one_list() {
    let lines = [
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-for", "198.51.100.7"),
    ];
    assert_eq!(client(&["10.0.0.1"], "10.0.0.1", &lines), "198.51.100.7");
}

#[test]
fn an_unreadable_hop_ends_the_walk_at_the_proxy_that_reported_it() {
    for broken in [
        "6.6.6.6, unknown",
        "6.6.6.6, ",
        "6.6.6.6, 300.1.1.1",
        "6.6.6.6 7.7.7.7",
        "",
        "fe80::1%eth0",
    ] {
        let seen = client(&["10.0.0.0/8"], "10.0.0.1", &[("x-forwarded-for", broken)]);
        assert_eq!(seen, "10.0.0.1", "{broken:?}");
    }
    let seen = client(
        &["10.0.0.0/8"],
        "10.0.0.1",
        &[("x-forwarded-for", "6.6.6.6, x, 10.2.2.2")],
    );
    assert_eq!(seen, "10.2.2.2");
}

#[test]
fn the_standard_header_is_read_too() {
    let seen = |value| client(&["10.0.0.0/8"], "10.0.0.1", &[("forwarded", value)]);
    assert_eq!(
        seen("for=198.51.100.7;proto=https;by=10.0.0.1"),
        "198.51.100.7"
    );
    assert_eq!(
        seen("for=6.6.6.6, For=\"[2001:db8::1]:4711\""),
        "2001:db8::1"
    );
    assert_eq!(seen("proto=https;for=\"198.51.100.7:80\""), "198.51.100.7");
    for broken in [
        "for=_hidden",
        "for=unknown",
        "proto=https",
        "for=6.6.6.6;for=7.7.7.7",
        "for=\"6.6.6.6, for=198.51.100.7",
        "for=\"\\\"",
        "for=",
    ] {
        assert_eq!(seen(broken), "10.0.0.1", "{broken:?}");
    }
}

#[test]
fn b10_two_headers_that_disagree_are_both_ignored() {
    let pairs = |list, elements| [("x-forwarded-for", list), ("forwarded", elements)];
    let seen = |pairs: [(&'static str, &str); 2]| client(&["10.0.0.1"], "10.0.0.1", &pairs);
    assert_eq!(seen(pairs("198.51.100.7", "for=6.6.6.6")), "10.0.0.1");
    assert_eq!(
        seen(pairs("198.51.100.7", "for=198.51.100.7")),
        "198.51.100.7"
    );
}

#[test]
fn networks_match_by_their_prefix() {
    let inside = |network: &str, ip: &str| proxies(&[network]).contains(ip.parse().unwrap());
    assert!(inside("10.0.0.0/8", "10.255.0.1") && !inside("10.0.0.0/8", "11.0.0.1"));
    assert!(inside("0.0.0.0/0", "8.8.8.8") && !inside("0.0.0.0/0", "::1"));
    assert!(inside("fd00::/8", "fd12::1") && !inside("fd00::/8", "fc00::1"));
    assert!(inside("::/0", "2001:db8::1") && inside("192.0.2.1", "192.0.2.1"));
    assert!(inside("::ffff:10.0.0.0/104", "10.3.2.1"));
    for wrong in [
        "",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0/8",
        "fd00::/129",
        "x",
        "10.0.0.0/+8",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "::ffff:10.0.0.0/8",
    ] {
        assert!(
            TrustedProxies::parse(&[wrong.to_owned()]).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn b10_one_household_has_one_key() {
    let key = |ip: &str| network_key(ip.parse().unwrap());
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    assert_eq!((key("192.0.2.1").len(), key("2001:db8::").len()), (4, 8));
}

proptest::proptest! {
    #[test]
    fn no_header_panics_and_none_beats_the_proxy(value in "[0-9a-f.:,;=\"\\\\\\[\\] for]{0,80}") {
        let headers: HeaderMap = ["x-forwarded-for", "forwarded"]
            .into_iter()
            .filter_map(|name| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        let peer: IpAddr = "198.51.100.7".parse().unwrap();
        assert_eq!(client_ip(&proxies(&["10.0.0.1"]), peer, &headers), peer);
        let _ = client_ip(&proxies(&["0.0.0.0/0"]), peer, &headers);
    }
}
