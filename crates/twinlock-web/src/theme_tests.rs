use super::*;

#[test]
fn a_readable_accent_is_kept() {
    let css = theme_css("#2456c7").unwrap();
    assert!(
        css.contains("--accent-light:#2456c7;--on-accent-light:#ffffff"),
        "{css}"
    );
}

#[test]
fn a_pale_accent_is_darkened_and_a_dark_one_lightened_until_it_reads() {
    for accent in [
        "#ff8800", "#2456c7", "#008577", "#d81b60", "#777", "#0a3", "#000080",
    ] {
        let colour = Colour::parse(accent).unwrap();
        let light = colour.until_readable(LIGHT_GROUND, BLACK).unwrap();
        let dark = colour.until_readable(DARK_GROUND, WHITE).unwrap();
        for (made, ground) in [(light, LIGHT_GROUND), (dark, DARK_GROUND)] {
            assert!(made.contrast(ground) >= 4.5, "{accent}");
            assert!(made.contrast(made.text_on_top()) >= 4.5, "{accent}");
        }
        assert!(theme_css(accent).is_ok());
    }
}

#[test]
fn contrast_is_that_of_wcag() {
    assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.001);
    assert!((Colour(0x77, 0x77, 0x77).contrast(WHITE) - 4.478).abs() < 0.001);
}

#[test]
fn what_is_no_colour_is_refused_and_never_reaches_the_stylesheet() {
    for wrong in [
        "",
        "red",
        "#12",
        "#12345",
        "#1234567",
        "#gggggg",
        "#fff;}body{display:none",
        "#ffffff\n",
        "２２２",
    ] {
        assert!(
            theme_css(wrong).unwrap_err().contains("is not a colour"),
            "{wrong}"
        );
    }
}

#[test]
fn the_stylesheet_has_its_own_name_and_is_kept() {
    let theme = Theme::new("#2456c7").unwrap();
    assert!(theme.url().starts_with("/assets/theme."));
    assert!(theme.serve(theme.url()).is_some());
    assert!(theme.serve("theme.css").is_none());
    assert_ne!(theme.url(), Theme::new("#d81b60").unwrap().url());
}

#[test]
fn the_stylesheet_and_this_file_agree_on_the_grounds() {
    let css = include_str!("../assets/app.css");
    assert!(css.contains(&format!("--ground: var(--l, {})", LIGHT_GROUND.hex())));
    assert!(css.contains(&format!("var(--d, {})", DARK_GROUND.hex())));
}

#[test]
fn every_text_colour_of_the_stylesheet_reads_on_its_ground() {
    let css = include_str!("../assets/app.css");
    // A colour of both looks is written once: `var(--l, #light) var(--d, #dark)`.
    let named = |look: &str, name: &str| {
        let (_, value) = css.split_once(&format!("--{name}: ")).unwrap();
        let value = value.split(';').next().unwrap();
        let own = value
            .split_once(&format!("var(--{look}, "))
            .map_or(value, |(_, own)| own);
        Colour::parse(own.split(')').next().unwrap()).unwrap()
    };
    let (light, dark) = ("l", "d");
    for look in [light, dark] {
        for (text, ground, least) in [
            ("text", "ground", 7.0),
            ("text", "surface", 7.0),
            ("text", "sunken", 7.0),
            ("muted", "ground", 4.5),
            ("muted", "surface", 4.5),
            ("muted", "sunken", 4.5),
            ("danger", "surface", 4.5),
            ("danger", "ground", 4.5),
            ("on-danger", "danger", 4.5),
            ("ok", "ok-ground", 4.5),
            ("warn", "warn-ground", 4.5),
            ("danger", "danger-ground", 4.5),
            ("text", "danger-ground", 4.5),
            ("text", "warn-ground", 4.5),
            ("text", "info-ground", 4.5),
            ("edge", "surface", 3.0),
        ] {
            let ratio = named(look, text).contrast(named(look, ground));
            assert!(ratio >= least, "{text} on {ground}: {ratio:.2}");
        }
    }
    for (accent, ground) in [
        ("accent-light", "ground"),
        ("accent-light", "surface"),
        ("accent-light", "sunken"),
    ] {
        assert!(named(light, accent).contrast(named(light, ground)) >= 4.5);
    }
    for ground in ["ground", "surface", "sunken"] {
        assert!(named(light, "accent-dark").contrast(named(dark, ground)) >= 4.5);
    }
}
