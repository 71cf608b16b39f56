//! Outside data read strictly: a key sent twice, a field nobody asked for, a missing field or a wrong type
//! is refused by name, at any depth, whatever the target type's own serde attributes say.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value};

use crate::problem::FieldProblem;
use crate::unique_keys::{self, index_path, key_path};

/// Why a JSON text was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonRefusal {
    /// Not one complete JSON text, or nested too deeply.
    Malformed,
    /// JSON, but not what was asked for.
    Field(FieldProblem),
}

/// Reads one JSON text into `T`.
pub(crate) fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonRefusal> {
    match unique_keys::parse(text) {
        Ok(value) => from_value(value).map_err(JsonRefusal::Field),
        Err(Some(field)) => Err(JsonRefusal::Field(duplicate_field(field))),
        Err(None) => Err(JsonRefusal::Malformed),
    }
}

/// Reads a parsed value into `T`, refusing struct fields `T` does not have.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, FieldProblem> {
    T::deserialize(Strict {
        value,
        path: String::new(),
    })
    .map_err(|refusal| refusal.problem)
}

pub(crate) fn duplicate_field(field: String) -> FieldProblem {
    FieldProblem {
        field,
        code: "duplicate_field",
        detail: "Send this field once.".into(),
    }
}

/// A value on its way into a type, with the path that leads to it.
struct Strict {
    value: Value,
    path: String,
}

impl<'de> Deserializer<'de> for Strict {
    type Error = FieldRefusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldRefusal> {
        let path = self.path;
        let read = match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => visit_number(&number, visitor),
            Value::String(value) => visitor.visit_string(value),
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.into_iter(),
                path: path.clone(),
                next: 0,
            }),
            Value::Object(object) => visitor.visit_map(Entries::new(object, path.clone())),
        };
        read.map_err(|refusal: FieldRefusal| refusal.at(path))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldRefusal> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldRefusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldRefusal> {
        let Value::Object(object) = &self.value else {
            return Err(FieldRefusal::wrong_type("an object").at(self.path));
        };
        if let Some(unknown) = object.keys().find(|key| !fields.contains(&key.as_str())) {
            return Err(FieldRefusal::unknown(unknown).at(self.path));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldRefusal> {
        let path = self.path;
        let read = match self.value {
            Value::String(variant) => visitor.visit_enum(StringDeserializer::new(variant)),
            Value::Object(object) if object.len() == 1 => visitor.visit_enum(
                MapAccessDeserializer::new(Entries::new(object, path.clone())),
            ),
            _ => Err(de::Error::custom("Expected one of the named values.")),
        };
        read.map_err(|refusal: FieldRefusal| refusal.at(path))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items {
    items: std::vec::IntoIter<Value>,
    path: String,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = FieldRefusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, FieldRefusal> {
        let Some(value) = self.items.next() else {
            return Ok(None);
        };
        let path = index_path(&self.path, self.next);
        self.next += 1;
        seed.deserialize(Strict { value, path }).map(Some)
    }
}

struct Entries {
    entries: serde_json::map::IntoIter,
    path: String,
    current: Option<Strict>,
}

impl Entries {
    fn new(object: Map<String, Value>, path: String) -> Entries {
        Entries {
            entries: object.into_iter(),
            path,
            current: None,
        }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = FieldRefusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, FieldRefusal> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.current = Some(Strict {
            value,
            path: key_path(&self.path, &key),
        });
        seed.deserialize(StringDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, FieldRefusal> {
        let Some(value) = self.current.take() else {
            return Err(FieldRefusal::invalid("This value is missing."));
        };
        seed.deserialize(value)
    }
}

/// A refusal on its way up; `located` once its field is the whole path.
#[derive(Debug)]
pub(crate) struct FieldRefusal {
    problem: FieldProblem,
    located: bool,
}

impl FieldRefusal {
    fn new(field: &str, code: &'static str, detail: String) -> FieldRefusal {
        FieldRefusal {
            problem: FieldProblem {
                field: field.to_owned(),
                code,
                detail,
            },
            located: false,
        }
    }

    fn wrong_type(expected: &str) -> FieldRefusal {
        FieldRefusal::new("", "wrong_type", format!("Expected {expected}."))
    }

    fn invalid(detail: &str) -> FieldRefusal {
        FieldRefusal::new("", "invalid_value", detail.to_owned())
    }

    fn unknown(field: &str) -> FieldRefusal {
        FieldRefusal::new(field, "unknown_field", "There is no such field.".into())
    }

    fn at(mut self, path: String) -> FieldRefusal {
        if !self.located {
            self.problem.field = match (path.is_empty(), self.problem.field.is_empty()) {
                (true, _) => self.problem.field,
                (false, true) => path,
                (false, false) => key_path(&path, &self.problem.field),
            };
            self.located = true;
        }
        self
    }
}

impl fmt::Display for FieldRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem.field, self.problem.detail)
    }
}

impl std::error::Error for FieldRefusal {}

/// serde's own sentences quote the value that was sent; these never do, because it may be a secret.
impl de::Error for FieldRefusal {
    fn custom<T: fmt::Display>(_: T) -> FieldRefusal {
        FieldRefusal::invalid("This value is not valid.")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> FieldRefusal {
        FieldRefusal::wrong_type(&expected.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> FieldRefusal {
        FieldRefusal::invalid(&format!("Expected {expected}."))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> FieldRefusal {
        FieldRefusal::invalid(&format!("Expected {expected}."))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> FieldRefusal {
        FieldRefusal::invalid(&format!("Expected one of: {}.", expected.join(", ")))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> FieldRefusal {
        FieldRefusal::unknown(field)
    }

    fn missing_field(field: &'static str) -> FieldRefusal {
        FieldRefusal::new(field, "missing_field", "This field is needed.".into())
    }

    fn duplicate_field(field: &'static str) -> FieldRefusal {
        FieldRefusal::new(field, "duplicate_field", "Send this field once.".into())
    }
}

fn visit_number<'de, V: Visitor<'de>>(
    number: &Number,
    visitor: V,
) -> Result<V::Value, FieldRefusal> {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(value), _, _) => visitor.visit_u64(value),
        (_, Some(value), _) => visitor.visit_i64(value),
        (_, _, Some(value)) => visitor.visit_f64(value),
        _ => Err(FieldRefusal::invalid("This number is too large.")),
    }
}
