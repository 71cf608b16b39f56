//! The `Accept-Language` header (RFC 9110 §12.5.4).

/// Most language ranges read from one header; browsers send a handful.
const MOST_RANGES: usize = 32;

/// The language ranges a browser wishes for, best first. Refused (`q=0`) and unreadable ones are left out.
pub(crate) fn wishes(header: &str) -> Vec<&str> {
    let mut wishes: Vec<(u16, &str)> = header
        .split(',')
        .take(MOST_RANGES)
        .filter_map(parse_wish)
        .collect();
    // Stable: equal weights keep their order.
    wishes.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    wishes.into_iter().map(|(_, range)| range).collect()
}

/// One element of `Accept-Language`: its weight in thousandths and its range; `None` if refused (`q=0`) or
/// unreadable.
fn parse_wish(element: &str) -> Option<(u16, &str)> {
    let (range, parameters) = element.split_once(';').unwrap_or((element, ""));
    let range = range.trim();
    let readable = !range.is_empty()
        && range.len() <= 35
        && range
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'*');
    let weight = match parameters.trim() {
        "" => 1000,
        parameter => parse_weight(parameter.strip_prefix("q=")?)?,
    };
    (readable && weight > 0).then_some((weight, range))
}

fn parse_weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}
