use super::*;

fn catalog() -> Catalog {
    Catalog::from_sources(&[
        (
            "en",
            "sign_in.ftl",
            "hello = Hello { $name }\n    .label = Greeting\n\
             left = { $count ->\n    [one] One code is left\n   *[other] { $count } codes are left\n }\n\
             only-english = Only English\n",
        ),
        ("en", "other.ftl", "bye = Goodbye\n"),
        ("de", "sign_in.ftl", "hello = Hallo { $name }\n"),
        ("ar", "sign_in.ftl", "hello = { $name }!\n"),
        ("pt-BR", "sign_in.ftl", "hello = Olá { $name }\n"),
    ])
    .unwrap()
}

#[test]
fn a_person_reads_their_own_language() {
    let german = catalog().messages("de");
    assert_eq!(german.with("hello", &[("name", "Bo".into())]), "Hallo Bo");
    assert_eq!(german.text("only-english"), "Only English");
    assert_eq!((german.lang(), german.dir()), ("de", "ltr"));
    assert_eq!(catalog().messages("ar").dir(), "rtl");
    assert_eq!(catalog().messages("xx").lang(), "en");
    assert_eq!(catalog().messages("en").text("hello.label"), "Greeting");
}

#[test]
fn counts_choose_their_plural() {
    let english = catalog().messages("en");
    assert_eq!(
        english.with("left", &[("count", 1.into())]),
        "One code is left"
    );
    assert_eq!(
        english.with("left", &[("count", 7usize.into())]),
        "7 codes are left"
    );
}

#[test]
fn x04_a_hostile_name_cannot_turn_the_line_around() {
    let english = catalog().messages("en");
    let args = [("name", Arg::from("\u{202e}evil"))];
    assert_eq!(
        english.with("hello", &args),
        "Hello \u{2068}\u{202e}evil\u{2069}"
    );
    assert_eq!(english.plain_with("hello", &args), "Hello \u{202e}evil");
    let arabic = catalog().messages("ar");
    assert_eq!(
        arabic.with("hello", &[("name", "Bo".into())]),
        "\u{2068}Bo\u{2069}!"
    );
}

#[test]
fn a_missing_message_shows_its_id_instead_of_failing() {
    assert_eq!(catalog().messages("de").text("nope"), "⟦nope⟧");
    assert_eq!(catalog().messages("de").text("hello.nope"), "⟦hello.nope⟧");
    assert_eq!(catalog().messages("de").text(""), "⟦⟧");
    assert!(catalog().messages("en").text("hello").contains("Hello"));
}

#[test]
fn a_broken_or_repeated_message_is_found_at_start() {
    let sources = |text: &'static str| {
        Catalog::from_sources(&[("en", "a.ftl", "x = 1\n"), ("en", "b.ftl", text)])
    };
    assert!(
        matches!(sources("y = { $"), Err(CatalogError::Syntax { file, .. }) if file == "b.ftl")
    );
    assert!(
        matches!(sources("x = 2\n"), Err(CatalogError::Duplicate { file, .. }) if file == "b.ftl")
    );
    assert!(matches!(
        sources("y = 1\ny = 2\n"),
        Err(CatalogError::Duplicate { .. })
    ));
    assert!(matches!(
        Catalog::from_sources(&[]),
        Err(CatalogError::Empty)
    ));
    assert!(matches!(
        Catalog::from_sources(&[("not a tag", "a.ftl", "")]),
        Err(CatalogError::Language(_))
    ));
}

#[test]
fn the_browser_says_which_language() {
    let catalog = catalog();
    for (header, lang) in [
        (None, "en"),
        (Some(""), "en"),
        (Some("de"), "de"),
        (Some("de-AT,en;q=0.5"), "de"),
        (Some("fr, de;q=0.3, en;q=0.2"), "de"),
        (Some("en;q=0.1, DE;q=0.9"), "de"),
        (Some("pt"), "pt-BR"),
        (Some("de;q=0, en"), "en"),
        (Some("*"), "en"),
        (Some("de;q=2, ar"), "ar"),
        (Some("\u{0}\u{ff}, de"), "de"),
        (Some("de;q=x;;;,,,"), "en"),
    ] {
        assert_eq!(catalog.negotiate(header), lang, "{header:?}");
    }
}

#[test]
fn every_id_can_be_listed() {
    assert_eq!(
        catalog().ids("en"),
        ["bye", "hello", "left", "only-english"]
    );
    assert_eq!(catalog().languages(), ["en", "de", "ar", "pt-BR"]);
}

proptest::proptest! {
    #[test]
    fn no_header_panics(header in "\\PC{0,80}") {
        let _ = catalog().negotiate(Some(&header));
    }
}
