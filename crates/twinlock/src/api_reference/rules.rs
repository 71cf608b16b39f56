//! What the page shows, read from the OpenAPI document once.

use serde_json::{Map, Value};

/// The whole reference.
pub struct Reference {
    /// What holds of every call, by paragraph.
    pub introduction: Vec<Vec<Span>>,
    /// The groups of calls, in order.
    pub groups: Vec<Group>,
}

/// Calls about one thing.
pub struct Group {
    /// Names it in addresses.
    pub id: String,
    /// Its heading.
    pub heading: String,
    /// What its calls are for.
    pub about: Vec<Span>,
    /// The calls.
    pub calls: Vec<Call>,
}

/// One call.
pub struct Call {
    /// Names it in addresses; its `operationId`.
    pub id: String,
    /// `GET`, `POST` …
    pub method: String,
    /// With names in braces.
    pub path: String,
    /// In a few words.
    pub summary: String,
    /// In a few sentences.
    pub about: Vec<Span>,
    /// Who may make it.
    pub caller: Caller,
    /// What stands in path and query.
    pub parameters: Vec<Field>,
    /// What stands in the body.
    pub body: Vec<Field>,
    /// Whether the body may be left out.
    pub body_optional: bool,
    /// Status of success.
    pub status: String,
    /// What stands in the answer.
    pub answer: Vec<Field>,
    /// What it refuses with.
    pub refusals: Vec<Refused>,
    /// A command line to try it with.
    pub command: String,
    /// What that is answered.
    pub example: String,
}

/// Who may make a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Everybody.
    Anyone,
    /// Whoever has begun a sign-in.
    SignIn,
    /// Whoever is signed in.
    Session,
    /// An application whose key has this scope.
    Key(String),
}

/// One member or parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; of nested ones with dots and `[]`.
    pub name: String,
    /// What it is, as a program reads it: `string`, `integer`, `list`.
    pub kind: String,
    /// What it may be.
    pub limits: Vec<Limit>,
    /// Whether it has to be there.
    pub needed: bool,
    /// What it means.
    pub about: Vec<Span>,
}

/// What a value may be.
#[derive(Debug, PartialEq, Eq)]
pub enum Limit {
    /// A well-known form: `uuid`, `date-time`.
    Format(String),
    /// One of these words.
    OneOf(Vec<String>),
    /// Characters, at least and at most.
    Length(Option<u64>, Option<u64>),
    /// A number, at least and at most.
    Between(Option<i64>, Option<i64>),
    /// May be null.
    Nullable,
}

/// One way a call refuses.
pub struct Refused {
    /// Status.
    pub status: String,
    /// Stable word.
    pub code: String,
    /// In words.
    pub title: String,
}

/// A piece of text, or a word of a program.
#[derive(Debug, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Whether it is of a program.
    pub is_code: bool,
}

/// Members of members are shown so deep.
const DEEPEST: usize = 4;

impl Reference {
    /// Reads a document of our own making; what it does not say is left out.
    #[must_use]
    pub fn read(document: &Value) -> Self {
        let introduction = text(at(document, "info"), "description");
        let groups = at(document, "tags").as_array().into_iter().flatten();
        Self {
            introduction: introduction.split("\n\n").map(spans).collect(),
            groups: groups.map(|tag| group(document, tag)).collect(),
        }
    }
}

fn group(document: &Value, tag: &Value) -> Group {
    let id = text(tag, "name");
    let paths = at(document, "paths").as_object().into_iter().flatten();
    let mut calls: Vec<Call> = paths
        .flat_map(|(path, operations)| {
            let operations = operations.as_object().into_iter().flatten();
            operations
                .filter(|(_, operation)| first(at(operation, "tags")) == id)
                .map(move |(method, operation)| call(document, path, method, operation))
        })
        .collect();
    calls.sort_by_key(|call| (call.path.clone(), rank(&call.method)));
    Group {
        id: id.to_owned(),
        heading: text(tag, "x-displayName").to_owned(),
        about: spans(text(tag, "description")),
        calls,
    }
}

fn rank(method: &str) -> usize {
    let order = ["POST", "GET", "PUT", "PATCH", "DELETE"];
    order.iter().position(|known| *known == method).unwrap_or(9)
}

fn call(document: &Value, path: &str, method: &str, operation: &Value) -> Call {
    let body = at(operation, "requestBody");
    let responses = at(operation, "responses").as_object();
    let success = responses
        .into_iter()
        .flatten()
        .find(|(status, _)| status.starts_with('2'));
    let answer = success.map_or(&Value::Null, |(_, answer)| {
        at(at(answer, "content"), "application/json")
    });
    let reader = Reader { document };
    Call {
        id: text(operation, "operationId").to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary").to_owned(),
        about: spans(text(operation, "description")),
        caller: caller(operation),
        parameters: reader.parameters(operation),
        body: reader.fields(at(at(at(body, "content"), "application/json"), "schema")),
        body_optional: at(body, "required") == false,
        status: success.map_or_else(String::new, |(status, _)| status.clone()),
        answer: reader.fields(at(answer, "schema")),
        refusals: reader.refusals(responses),
        command: text(first(at(operation, "x-codeSamples")), "source").to_owned(),
        example: match at(answer, "example") {
            Value::Null => String::new(),
            example => format!("{example:#}"),
        },
    }
}

fn caller(operation: &Value) -> Caller {
    if let Some(scope) = at(operation, "x-scope").as_str() {
        return Caller::Key(scope.to_owned());
    }
    let schemes = at(operation, "security").as_array().into_iter().flatten();
    let names: Vec<&String> = schemes
        .filter_map(|scheme| scheme.as_object()?.keys().next())
        .collect();
    match names.first().map(|name| name.as_str()) {
        Some("signIn") => Caller::SignIn,
        Some("session") => Caller::Session,
        _ => Caller::Anyone,
    }
}

/// Reads schemas, following where they refer to.
struct Reader<'a> {
    document: &'a Value,
}

impl<'a> Reader<'a> {
    fn parameters(&self, operation: &'a Value) -> Vec<Field> {
        let parameters = at(operation, "parameters").as_array().into_iter().flatten();
        parameters
            .map(|parameter| {
                let schema = at(parameter, "schema");
                Field {
                    name: text(parameter, "name").to_owned(),
                    kind: kind(schema),
                    limits: limits(schema),
                    needed: at(parameter, "required") == true,
                    about: spans(text(parameter, "description")),
                }
            })
            .collect()
    }

    /// The members of an object, and theirs.
    fn fields(&self, schema: &'a Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.gather(schema, "", 0, &mut fields);
        fields
    }

    fn gather(&self, schema: &'a Value, above: &str, depth: usize, fields: &mut Vec<Field>) {
        let (schema, _, _) = self.plain(schema);
        let Some(members) = at(schema, "properties")
            .as_object()
            .filter(|_| depth < DEEPEST)
        else {
            return;
        };
        let needed: Vec<&str> = at(schema, "required")
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let (first, then): (Vec<_>, Vec<_>) = members
            .iter()
            .partition(|(name, _)| needed.contains(&name.as_str()));
        for (name, member) in first.into_iter().chain(then) {
            let (plain, about, nullable) = self.plain(member);
            let name_here = format!("{above}{name}");
            let mut limits = limits(plain);
            let item = at(plain, "items");
            if item.is_object() {
                limits.extend(self::limits(self.plain(item).0));
            }
            if nullable && !limits.contains(&Limit::Nullable) {
                limits.push(Limit::Nullable);
            }
            fields.push(Field {
                name: name_here.clone(),
                kind: kind(plain),
                limits,
                needed: needed.contains(&name.as_str()),
                about: spans(about),
            });
            if item.is_object() {
                self.gather(item, &format!("{name_here}[]."), depth + 1, fields);
            } else {
                self.gather(plain, &format!("{name_here}."), depth + 1, fields);
            }
        }
    }

    /// A schema behind references and choices with null, what is said of it, and whether it may be null.
    fn plain(&self, schema: &'a Value) -> (&'a Value, &'a str, bool) {
        let mut about = text(schema, "description");
        let mut nullable = false;
        let mut here = schema;
        loop {
            if let Some(choices) = at(here, "oneOf").as_array() {
                let is_null = |choice: &&Value| at(choice, "type") == "null";
                nullable |= choices.iter().any(|choice| is_null(&choice));
                match choices.iter().find(|choice| !is_null(choice)) {
                    Some(real) => here = real,
                    None => return (here, about, nullable),
                }
            } else if let Some(name) = at(here, "$ref").as_str() {
                here = self
                    .document
                    .pointer(name.trim_start_matches('#'))
                    .unwrap_or(&Value::Null);
            } else {
                return (here, about, nullable);
            }
            // What stands nearest to the member speaks of the member.
            if about.is_empty() {
                about = text(here, "description");
            }
        }
    }

    fn refusals(&self, responses: Option<&'a Map<String, Value>>) -> Vec<Refused> {
        let mut refusals = Vec::new();
        for (status, response) in responses.into_iter().flatten() {
            let examples = at(
                at(at(response, "content"), "application/problem+json"),
                "examples",
            );
            for code in examples.as_object().into_iter().flat_map(Map::keys) {
                let example = at(at(at(self.document, "components"), "examples"), code);
                refusals.push(Refused {
                    status: status.clone(),
                    code: code.clone(),
                    title: text(example, "summary").to_owned(),
                });
            }
        }
        refusals
    }
}

/// The kinds a schema names, without null.
fn kinds(schema: &Value) -> Vec<&str> {
    match at(schema, "type") {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn kind(schema: &Value) -> String {
    let named = kinds(schema).into_iter().find(|kind| *kind != "null");
    let named = match named {
        Some("array") => "list",
        Some(other) => other,
        None if at(schema, "enum").is_array() => "string",
        None => "object",
    };
    named.to_owned()
}

fn limits(schema: &Value) -> Vec<Limit> {
    let mut limits = Vec::new();
    if let Some(words) = at(schema, "enum").as_array() {
        let words = words.iter().filter_map(Value::as_str);
        limits.push(Limit::OneOf(words.map(String::from).collect()));
    }
    // `int32` and its like say nothing to whoever writes JSON.
    if let Some(format) = at(schema, "format")
        .as_str()
        .filter(|f| !f.starts_with("int"))
    {
        limits.push(Limit::Format(format.to_owned()));
    }
    let length = (
        at(schema, "minLength").as_u64(),
        at(schema, "maxLength").as_u64(),
    );
    if length != (None, None) {
        limits.push(Limit::Length(length.0, length.1));
    }
    let range = (
        at(schema, "minimum").as_i64(),
        at(schema, "maximum").as_i64(),
    );
    if range != (None, None) && range != (Some(0), None) {
        limits.push(Limit::Between(range.0, range.1));
    }
    if kinds(schema).contains(&"null") {
        limits.push(Limit::Nullable);
    }
    limits
}

/// A member, or null.
fn at<'a>(value: &'a Value, member: &str) -> &'a Value {
    value.get(member).unwrap_or(&Value::Null)
}

/// The first of a list, or null.
fn first(list: &Value) -> &Value {
    list.get(0).unwrap_or(&Value::Null)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// Text in which words between backticks are a program's.
fn spans(text: &str) -> Vec<Span> {
    text.split('`')
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(at, part)| Span {
            text: part.to_owned(),
            is_code: at % 2 == 1,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "info": {"description": "One.\n\nTwo `x`."},
            "tags": [{"name": "pets", "x-displayName": "Pets", "description": "About `pets`."}],
            "paths": {"/pets/{pet}": {"post": {
                "operationId": "post_pets_pet", "summary": "Feed a pet", "description": "Feeds it.",
                "tags": ["pets"], "x-scope": "pets:write", "security": [{"apiKey": []}],
                "parameters": [{"name": "pet", "in": "path", "required": true, "description": "Which.", "schema": {"type": "string", "format": "uuid"}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Meal"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Meal"}, "example": {"food": "hay"}}}},
                    "409": {"content": {"application/problem+json": {"examples": {"not_hungry": {}}}}},
                },
                "x-codeSamples": [{"source": "curl …"}],
            }}},
            "components": {
                "examples": {"not_hungry": {"summary": "Not hungry"}},
                "schemas": {
                    "Meal": {"type": "object", "required": ["food"], "properties": {
                        "amount": {"type": ["integer", "null"], "minimum": 1, "maximum": 9, "description": "Spoons."},
                        "food": {"type": "string", "maxLength": 5, "description": "What."},
                        "with": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Drink", "description": "Beside it."}]},
                    }},
                    "Drink": {"type": "object", "properties": {"kind": {"enum": ["water", "milk"], "description": "Which one."}}},
                },
            },
        })
    }

    #[test]
    fn a_call_is_read_with_all_that_a_reader_asks() {
        let reference = Reference::read(&document());
        assert_eq!(reference.introduction.len(), 2);
        let call = &reference.groups[0].calls[0];
        assert_eq!(
            (call.method.as_str(), call.path.as_str()),
            ("POST", "/pets/{pet}")
        );
        assert_eq!(call.caller, Caller::Key(String::from("pets:write")));
        assert_eq!(call.parameters[0].limits, [Limit::Format("uuid".into())]);
        assert_eq!(call.refusals[0].code, "not_hungry");
        assert_eq!(call.refusals[0].title, "Not hungry");
        assert_eq!(call.example, "{\n  \"food\": \"hay\"\n}");
    }

    #[test]
    fn members_of_members_are_named_with_dots_and_needed_ones_come_first() {
        let reference = Reference::read(&document());
        let body = &reference.groups[0].calls[0].body;
        let names: Vec<&str> = body.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["food", "amount", "with", "with.kind"]);
        assert!(body[0].needed && !body[1].needed);
        assert_eq!(
            body[1].limits,
            [Limit::Between(Some(1), Some(9)), Limit::Nullable]
        );
        assert_eq!(body[2].about[0].text, "Beside it.");
        assert_eq!(
            body[3].limits,
            [Limit::OneOf(vec!["water".into(), "milk".into()])]
        );
    }

    #[test]
    fn words_between_backticks_are_a_programs() {
        let read = spans("Send `code` now.");
        let shown: Vec<(&str, bool)> = read
            .iter()
            .map(|span| (span.text.as_str(), span.is_code))
            .collect();
        assert_eq!(shown, [("Send ", false), ("code", true), (" now.", false)]);
    }
}
