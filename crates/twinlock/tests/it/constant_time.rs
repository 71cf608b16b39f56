//! How secrets are compared, read from the sources (Z20): through `subtle`, or by looking a hash up, never with `==`.

use std::path::{Path, PathBuf};

use regex::Regex;

/// Lines with a comparison of something that is called like a secret and is none.
const HARMLESS: &[(&str, &str)] = &[
    ("code == SqlState", "a state of PostgreSQL's"),
    (
        "token.owner == account",
        "the id in clear beside the secret",
    ),
    (
        "known.secret != kept.secret",
        "the demo's phone, which knows all secrets",
    ),
    (".len()", "a length"),
];

#[test]
fn z20_secrets_are_compared_in_constant_time_or_looked_up_by_their_hash() {
    let secret = r"(?:secret|secret_hash|hash|mac|code_mac|token|digest|otp|password|code|typed|canonical)(?:\(\))?";
    let compared = Regex::new(&format!(
        r"\b[a-z_.]*{secret}(?:\.[a-z_]+\(\))*\s*(?:==|!=)\s|(?:==|!=)\s*&?\*?(?:[a-z_]+\.)*{secret}\b"
    ))
    .unwrap();
    let mut found = Vec::new();
    let mut in_constant_time = 0;
    for (path, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        in_constant_time += code.matches(".ct_eq(").count();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            // Hashes of the record's chains are printed and published.
            let harmless = path.contains("/src/audit/")
                || HARMLESS.iter().any(|(part, _)| line.contains(part));
            if compared.is_match(line) && !harmless {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new(), "compare secrets with `ct_eq`");
    assert!(
        in_constant_time >= 5,
        "{in_constant_time}: has `ct_eq` got another name?"
    );
}

#[test]
fn z20_a_type_that_holds_a_secret_cannot_be_compared_with_an_operator() {
    let derives = Regex::new(r"#\[derive\(([^)]*)\)\]\s*(?:#\[[^\]]*\]\s*)*pub(?:\([a-z]+\))? struct (\w*(?:Secret|MasterKey|Keyring)\w*)\b").unwrap();
    for (path, text) in sources() {
        for found in derives.captures_iter(&text) {
            assert!(
                !found[1].contains("PartialEq") && !found[1].contains("Debug"),
                "{} in {path}",
                &found[2]
            );
        }
    }
}

/// The sources of what runs in the service.
fn sources() -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = [
        "twinlock",
        "twinlock-db",
        "twinlock-otp",
        "twinlock-web",
        "twinlock-delivery",
    ]
    .map(|name| crates.join(name).join("src"))
    .into();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found
}
