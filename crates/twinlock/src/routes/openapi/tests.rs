use super::*;
use crate::edge::guard::Who;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// Every call: its method and path, and what the document says.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            found.push((format!("{} {path}", method.to_uppercase()), operation));
        }
    }
    found
}

#[test]
fn every_call_of_the_api_is_described_and_nothing_else() {
    let document = document();
    let mut described: Vec<String> = operations(&document)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let mut routed: Vec<String> = table()
        .iter()
        .filter(|route| route.guard.surface == Surface::Api)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    described.sort();
    routed.sort();
    assert_eq!(described, routed);
}

#[test]
fn every_call_says_what_it_is_for_in_a_group_that_has_a_heading() {
    let document = document();
    let tags = document["tags"].as_array().unwrap();
    let groups: Vec<&str> = tags.iter().filter_map(|tag| tag["name"].as_str()).collect();
    for (name, operation) in operations(&document) {
        let summary = operation["summary"].as_str().unwrap();
        let description = operation["description"].as_str().unwrap();
        assert!((5..=60).contains(&summary.len()), "{name}: {summary}");
        assert!(!summary.ends_with('.'), "{name}: {summary}");
        assert!(description.ends_with('.'), "{name}: {description}");
        let group = operation["tags"][0].as_str().unwrap();
        assert!(
            groups.contains(&group),
            "{name}: give the group {group} a heading in openapi/groups.rs"
        );
    }
}

/// Members without an example are named, so that whoever adds one knows what to write.
#[test]
fn every_body_and_answer_has_an_example() {
    let document = document();
    let schemas: schemas::Named =
        serde_json::from_value(document["components"]["schemas"].clone()).unwrap();
    let mut missing = Vec::new();
    for (name, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap();
        let success = answers.iter().find(|(status, _)| status.starts_with('2'));
        let contents = [&operation["requestBody"], success.unwrap().1];
        for content in contents {
            let content = &content["content"]["application/json"];
            if content.is_object() && content["example"].is_null() {
                let shape = content["schema"]["$ref"].as_str().unwrap();
                let shape = shape.rsplit('/').next().unwrap();
                missing.push(format!("{name}: {:?}", schemas::example(shape, &schemas)));
            }
        }
    }
    assert!(missing.is_empty(), "no example for {missing:#?}");
}

#[test]
fn every_member_that_is_shown_says_what_it_is() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut silent = Vec::new();
    for (name, schema) in schemas {
        for (member, about) in schema["properties"].as_object().into_iter().flatten() {
            let text = about["description"].as_str();
            let inside = about["oneOf"].as_array().into_iter().flatten();
            let inside = inside.filter_map(|choice| choice["description"].as_str());
            if text.into_iter().chain(inside).all(str::is_empty) {
                silent.push(format!("{name}.{member}"));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn every_call_of_a_key_names_its_scope() {
    let document = document();
    for route in table() {
        if let Who::ApiKey(scope) = route.guard.who {
            let method = route.method.as_str().to_lowercase();
            let operation = &document["paths"][route.path][method.as_str()];
            assert_eq!(operation["x-scope"], scope.word(), "{}", route.path);
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_call_has_an_id_of_its_own() {
    let document = document();
    let text = document.to_string();
    for part in text.split("\"#/components/").skip(1) {
        let path = part.split('"').next().unwrap();
        let pointer = format!("/components/{path}");
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
    let mut ids: Vec<&str> = text
        .split("\"operationId\":\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

/// `UPDATE_SNAPSHOT=1` writes the file anew.
#[test]
fn the_document_in_the_docs_is_the_one_that_is_served() {
    let mut text = serde_json::to_string_pretty(&document()).unwrap();
    text.push('\n');
    if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
        std::fs::write(SNAPSHOT, &text).unwrap();
    }
    let kept = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    // Compared as values: another crate of the build may make serde_json keep its members in another order.
    let kept: Value = serde_json::from_str(&kept).unwrap_or_default();
    assert!(
        kept == document(),
        "docs/openapi.json is not what the code says: run this test with UPDATE_SNAPSHOT=1 and look at the difference"
    );
}
