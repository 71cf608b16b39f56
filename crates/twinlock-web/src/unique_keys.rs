//! JSON in which no object has a key twice. Two readers of one text may each pick a different one of the
//! two values, so such a text has no safe meaning (RFC 8259 §4).

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Deepest nesting of objects and arrays that is read.
const MAX_DEPTH: usize = 32;

/// Reads one JSON text. `Err(Some(path))` names a key that is there twice, `Err(None)` is anything that is
/// not one complete JSON text of at most [`MAX_DEPTH`] levels.
pub(crate) fn parse(text: &[u8]) -> Result<Value, Option<String>> {
    let duplicate = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(text);
    UniqueKeys {
        duplicate: &duplicate,
        path: String::new(),
        depth: 0,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value))
    .map_err(|_| duplicate.take())
}

/// Keys are the sender's words, so an overlong one is cut before it is told back.
pub(crate) fn key_path(path: &str, key: &str) -> String {
    let key: String = key.chars().take(64).collect();
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

pub(crate) fn index_path(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// Builds a [`Value`] and stops at the first key that an object has twice.
struct UniqueKeys<'a> {
    duplicate: &'a RefCell<Option<String>>,
    path: String,
    depth: usize,
}

impl UniqueKeys<'_> {
    fn inside<E: de::Error>(&self, path: String) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(UniqueKeys {
            duplicate: self.duplicate,
            path,
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for UniqueKeys<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueKeys<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) =
            items.next_element_seed(self.inside(index_path(&self.path, list.len()))?)?
        {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = key_path(&self.path, &key);
            if object.contains_key(&key) {
                *self.duplicate.borrow_mut() = Some(path);
                return Err(de::Error::custom("duplicate key"));
            }
            let value = entries.next_value_seed(self.inside(path)?)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
