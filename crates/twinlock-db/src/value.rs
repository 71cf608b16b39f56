//! The three kinds of value a statement may bind, and null.

use std::fmt;

/// A parameter of a statement. Prints its kind and size only: values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL; fits any column type.
    Null,
    /// A 64-bit integer; also booleans (0, 1) and times (milliseconds since 1970, UTC).
    Int(i64),
    /// Text.
    Text(String),
    /// Sixteen bytes: an id.
    Id([u8; 16]),
    /// Bytes: hashes, sealed values.
    Bytes(Vec<u8>),
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("Null"),
            Self::Int(number) => write!(formatter, "Int({number})"),
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::Id(_) => formatter.write_str("Bytes(16 bytes)"),
            Self::Bytes(bytes) => write!(formatter, "Bytes({} bytes)", bytes.len()),
        }
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(number: $integer) -> Self {
                Self::Int(i64::from(number))
            }
        }
    )*};
}
from_integer!(i64, i32, u32, u16, u8, bool);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&Vec<u8>> for Value {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::Bytes(bytes.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_value_shows_neither_text_nor_bytes() {
        let printed = format!(
            "{:?}",
            [
                Value::from("hunter2"),
                Value::from([0xAB_u8; 4]),
                Value::from(7_i64),
                Value::Null
            ]
        );
        assert_eq!(printed, "[Text(7 bytes), Bytes(4 bytes), Int(7), Null]");
    }

    #[test]
    fn an_absent_value_is_null_and_a_flag_is_zero_or_one() {
        assert_eq!(Value::from(None::<i64>), Value::Null);
        assert_eq!(Value::from(Some("x")), Value::Text("x".to_owned()));
        assert_eq!(Value::from(true), Value::Int(1));
        assert_eq!(Value::from(false), Value::Int(0));
    }
}
