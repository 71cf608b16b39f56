//! The named schemas, and values made from the examples of their members.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::edge::describe::Schemas;

/// Schemas by name.
pub(super) type Named = BTreeMap<String, Value>;

const PREFIX: &str = "#/components/schemas/";

/// The schemas by name, with that of a problem. Those that are read, and what they refer to, take no other members.
pub(super) fn named(shapes: Schemas, read: &[String]) -> Named {
    let mut named: Named = shapes
        .into_iter()
        .map(|(name, schema)| (name, json!(schema)))
        .collect();
    let mut waiting = read.to_vec();
    while let Some(name) = waiting.pop() {
        let Some(schema) = named.get_mut(&name).and_then(Value::as_object_mut) else {
            continue;
        };
        if schema.get("type") == Some(&json!("object"))
            && schema
                .insert(String::from("additionalProperties"), json!(false))
                .is_none()
        {
            references(&Value::Object(schema.clone()), &mut waiting);
        }
    }
    named.insert(String::from("Problem"), problem());
    named
}

/// The names a schema refers to.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            found.extend(
                name.and_then(|name| name.strip_prefix(PREFIX))
                    .map(String::from),
            );
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// A value of a named schema, from its own example or those of its members.
///
/// # Errors
/// The path of the member that has none.
pub(super) fn example(name: &str, schemas: &Named) -> Result<Value, String> {
    let schema = schemas.get(name).ok_or_else(|| name.to_owned())?;
    value(schema, schemas, name)
}

fn value(schema: &Value, schemas: &Named, path: &str) -> Result<Value, String> {
    let first = schema.get("examples").and_then(|examples| examples.get(0));
    if let Some(shown) = first.or_else(|| schema.get("example")) {
        return Ok(shown.clone());
    }
    if let Some(name) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|name| name.strip_prefix(PREFIX))
    {
        return example(name, schemas);
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return Ok(first.clone());
    }
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let real = choices
            .iter()
            .find(|choice| choice.get("type") != Some(&json!("null")));
        return real
            .ok_or_else(|| path.to_owned())
            .and_then(|real| value(real, schemas, path));
    }
    if let Some(items) = schema.get("items") {
        return Ok(json!([value(items, schemas, &format!("{path}[]"))?]));
    }
    let members = schema.get("properties").and_then(Value::as_object);
    let members = members.ok_or_else(|| path.to_owned())?;
    let made: Result<Map<String, Value>, String> = members
        .iter()
        .map(|(name, member)| {
            Ok((
                name.clone(),
                value(member, schemas, &format!("{path}.{name}"))?,
            ))
        })
        .collect();
    made.map(Value::Object)
}

/// RFC 9457, with our own members.
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457).",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "Where the code is explained."},
            "title": {"type": "string", "description": "The same for every error of this code."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What happened this time and what to do, in the caller's language."},
            "code": {"type": "string", "pattern": "^[a-z0-9_]+$", "description": "Stable word. Compare this one."},
            "errors": {"type": "array", "description": "The fields to blame.", "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string", "description": "Its name; nested ones with dots, such as client.ip."},
                    "code": {"type": "string", "description": "Stable word."},
                    "detail": {"type": "string", "description": "What to change."},
                },
            }},
            "retry_after": {"type": "integer", "minimum": 0, "description": "Seconds until trying again makes sense; also in the header Retry-After."},
            "until": {"type": "string", "format": "date-time", "description": "locked: when codes are looked at again."},
            "still_possible": {"type": "array", "items": {"type": "string"}, "description": "locked: what still works meanwhile."},
            "drift_seconds": {"type": "integer", "description": "invalid_code: by how much the phone's clock is behind, where that can be told."},
            "scope": {"type": "string", "description": "missing_scope: the scope the key lacks."},
            "request_id": {"type": "string", "description": "internal, overloaded, unavailable: named in the log."},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_from_members_and_a_missing_example_is_named() {
        let schemas: Named = BTreeMap::from([
            (
                String::from("Pet"),
                json!({"properties": {"name": {"example": "Rex"}, "kind": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Kind"}]}}}),
            ),
            (String::from("Kind"), json!({"enum": ["dog", "cat"]})),
            (
                String::from("Zoo"),
                json!({"properties": {"pets": {"items": {"properties": {"age": {"type": "integer"}}}}}}),
            ),
        ]);
        assert_eq!(
            example("Pet", &schemas),
            Ok(json!({"name": "Rex", "kind": "dog"}))
        );
        assert_eq!(
            example("Zoo", &schemas),
            Err(String::from("Zoo.pets[].age"))
        );
    }
}
