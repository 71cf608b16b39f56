//! The line drawings of buttons, notices and events.

/// A 20 px drawing as markup of our own, hidden from screen readers; an unknown name gives that of `info`.
/// The words beside it carry the meaning.
#[must_use]
pub fn icon(name: &str) -> &'static str {
    DRAWINGS
        .iter()
        .find(|(known, _)| *known == name)
        .or(DRAWINGS.first())
        .map_or("", |(_, drawing)| drawing)
}

/// How a screen reader hears a notice of this kind: an error at once, everything else when there is time.
#[must_use]
pub fn role_of(kind: &str) -> &'static str {
    if kind == "error" { "alert" } else { "status" }
}

/// Whether there is such a drawing; for tests of the templates that name one.
#[must_use]
pub fn is_icon(name: &str) -> bool {
    DRAWINGS.iter().any(|(known, _)| *known == name)
}

macro_rules! drawings {
    ($($name:literal: $paths:literal,)*) => {
        &[$(($name, concat!(r#"<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">"#, $paths, "</svg>"))),*]
    };
}

const DRAWINGS: &[(&str, &str)] = drawings! {
    "info": r#"<circle cx="10" cy="10" r="8"/><path d="M10 9v5M10 6.2v.1"/>"#,
    "error": r#"<circle cx="10" cy="10" r="8"/><path d="M10 5.8v5M10 13.9v.1"/>"#,
    "ok": r#"<circle cx="10" cy="10" r="8"/><path d="m6.4 10.3 2.5 2.5 4.8-5.3"/>"#,
    "warning": r#"<path d="M10 2.6 18.2 17H1.8zM10 8v4M10 14.4v.1"/>"#,
    "copy": r#"<rect x="7" y="7" width="10" height="10" rx="2"/><path d="M13 7V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2h2"/>"#,
    "download": r#"<path d="M10 3v10m-4-4 4 4 4-4M3 17h14"/>"#,
    "print": r#"<path d="M6 8V3h8v5M6 14H3V8h14v6h-3M6 12h8v5H6z"/>"#,
    "shield": r#"<path d="M10 2 3.5 4.5V10c0 4 2.8 6.7 6.5 8 3.7-1.3 6.5-4 6.5-8V4.5z"/>"#,
    "phone": r#"<rect x="5.5" y="2" width="9" height="16" rx="2"/><path d="M9 15.2h2"/>"#,
    "text": r#"<path d="M3 3.500h14v10H9.500L5.500 17v-3.500H3zM6.500 8.500h.1M10 8.500h.1M13.500 8.500h.1"/>"#,
    "key": r#"<circle cx="7" cy="13" r="4"/><path d="m10 10 7-7M14 6l2.5 2.5"/>"#,
    "lock": r#"<rect x="3.5" y="9" width="13" height="8.5" rx="2"/><path d="M6.5 9V6a3.5 3.5 0 0 1 7 0v3"/>"#,
    "in": r#"<path d="M11 3h5a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1h-5M3 10h9M9 6.5 12.5 10 9 13.5"/>"#,
    "out": r#"<path d="M9 3H4a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h5M8 10h9m-3.5-3.5L17 10l-3.5 3.5"/>"#,
    "mail": r#"<rect x="2" y="4" width="16" height="12" rx="2"/><path d="m2.5 5.5 7.5 6 7.5-6"/>"#,
    "device": r#"<rect x="2" y="3.5" width="16" height="10.5" rx="2"/><path d="M7 17.5h6M10 14v3.5"/>"#,
    "person": r#"<circle cx="10" cy="6.5" r="3.5"/><path d="M3 17.5c.6-3.6 3.4-5.5 7-5.5s6.4 1.9 7 5.5"/>"#,
    "clock": r#"<circle cx="10" cy="10" r="8"/><path d="M10 5.500V10l3 2"/>"#,
    "sheet": r#"<path d="M5 2.500h7L15.5 6v11.500H5zM8 9h5M8 12h5M8 15h3"/>"#,
    "pencil": r#"<path d="m3 17 .8-4L13.5 3.300l3.2 3.200L7 16.200zM12 5l3 3"/>"#,
    "remove": r#"<path d="M3.5 5.500h13M8 5V3h4v2M5.5 5.500l.8 12h7.400l.8-12M8.5 9v5M11.5 9v5"/>"#,
    "more": r#"<path d="M4.5 10h.1M10 10h.1M15.5 10h.1" stroke-width="2.5"/>"#,
    "down": r#"<path d="m5 8 5 5 5-5"/>"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_found_by_its_name_and_never_missing() {
        assert!(icon("key").contains("<circle"));
        assert!(is_icon("key") && !is_icon("none"));
        assert_eq!(icon("none"), icon("info"));
    }
}
