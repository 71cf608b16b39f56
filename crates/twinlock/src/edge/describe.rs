//! What the document at `/api/openapi.json` says of a call: written beside its route, with the types its handler reads and writes.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::app::{Refusal, Timestamp};

/// Named schemas on their way into the document.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// The schema of a type, not worked out yet.
#[derive(Clone, Copy)]
pub struct Shape {
    name: fn() -> Cow<'static, str>,
    collect: fn(&mut Schemas),
}

impl Shape {
    /// The schema of `T`.
    #[must_use]
    pub fn of<T: ToSchema>() -> Self {
        Self {
            name: T::name,
            collect: |schemas| {
                schemas.push((T::name().into_owned(), T::schema()));
                T::schemas(schemas);
            },
        }
    }

    /// Its name among the document's schemas.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        (self.name)()
    }

    /// Adds it and those it refers to.
    pub fn collect(&self, schemas: &mut Schemas) {
        (self.collect)(schemas);
    }
}

/// What is told of one call, to somebody who has never heard of it.
#[derive(Clone)]
pub struct Doc {
    /// What it does, in a few words: "Make an account".
    pub summary: &'static str,
    /// What it does, when it is called and what follows, in a few sentences.
    pub description: &'static str,
    /// The body it reads.
    pub body: Option<Shape>,
    /// Whether the body may be left out.
    pub body_optional: bool,
    /// A body to show, where the examples of its members do not make a good one.
    pub body_example: Option<Value>,
    /// Status of success.
    pub status: u16,
    /// The body of success.
    pub answer: Option<Shape>,
    /// An answer to show, where the examples of its members do not make a good one.
    pub answer_example: Option<Value>,
    /// Another success: status, body, and one to show.
    pub other_answer: Option<(u16, Shape, Value)>,
    /// What it refuses with, beyond what every call of its guard may answer.
    pub refusals: Vec<Refusal>,
    /// Whether it takes `limit` and `cursor`.
    pub paged: bool,
    /// What its query takes beside that: name, meaning, schema.
    pub query: Vec<(&'static str, &'static str, Value)>,
}

impl Doc {
    /// A call that takes no body and answers 204, until said otherwise.
    #[must_use]
    pub fn of(summary: &'static str, description: &'static str) -> Self {
        Self {
            summary,
            description,
            body: None,
            body_optional: false,
            body_example: None,
            status: 204,
            answer: None,
            answer_example: None,
            other_answer: None,
            refusals: Vec::new(),
            paged: false,
            query: Vec::new(),
        }
    }

    /// It reads a `T`.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Some(Shape::of::<T>());
        self
    }

    /// It reads a `T`, or nothing.
    #[must_use]
    pub fn may_take<T: ToSchema>(mut self) -> Self {
        self.body_optional = true;
        self.takes::<T>()
    }

    /// It answers a `T`.
    #[must_use]
    pub fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.status = status;
        self.answer = Some(Shape::of::<T>());
        self
    }

    /// It answers a `T` like this where something else was asked for.
    #[must_use]
    pub fn or_gives<T: ToSchema>(mut self, status: u16, example: Value) -> Self {
        self.other_answer = Some((status, Shape::of::<T>(), example));
        self
    }

    /// The body its example sends.
    #[must_use]
    pub fn sends(mut self, example: Value) -> Self {
        self.body_example = Some(example);
        self
    }

    /// What its example is answered.
    #[must_use]
    pub fn answers(mut self, example: Value) -> Self {
        self.answer_example = Some(example);
        self
    }

    /// It may refuse so. Of refusals with values only the kind counts.
    #[must_use]
    pub fn refuses<const N: usize>(mut self, refusals: [Refusal; N]) -> Self {
        self.refusals.extend(refusals);
        self
    }

    /// It may refuse a field with each of these words.
    #[must_use]
    pub fn blames(mut self, field: &'static str, codes: &[&'static str]) -> Self {
        let refusals = codes.iter().map(|code| Refusal::Field { field, code });
        self.refusals.extend(refusals);
        self
    }

    /// It may ask to wait: too many wrong codes or passwords.
    #[must_use]
    pub fn locks(self) -> Self {
        self.refuses([Refusal::Locked {
            until: Timestamp::from_millis(0),
            still_possible: vec!["backup_code"],
        }])
    }

    /// It may have been asked too often.
    #[must_use]
    pub fn budgets(self) -> Self {
        self.refuses([Refusal::TooManyRequests { retry_after: 42 }])
    }

    /// It mails a code, and not again at once.
    #[must_use]
    pub fn mails(self) -> Self {
        let soon = Timestamp::from_millis(60_000);
        self.budgets().refuses([Refusal::ResendTooSoon(soon)])
    }

    /// It texts a code, and not again at once.
    #[must_use]
    pub fn texts(self) -> Self {
        self.refuses([
            Refusal::ResendTooSoon(Timestamp::from_millis(60_000)),
            Refusal::TextLimit { retry_after: 42 },
            Refusal::KindUnavailable,
        ])
    }

    /// It reads a number and texts a code to it.
    #[must_use]
    pub fn reads_number(self) -> Self {
        let problems = [
            "missing",
            "invalid",
            "invalid_number",
            "not_mobile",
            "country_not_allowed",
        ];
        self.texts()
            .refuses([Refusal::AlreadyExists])
            .blames("phone", &problems)
            .blames("country", &["invalid"])
    }

    /// It reads a word of its query that is true or false.
    #[must_use]
    pub fn flag(self, name: &'static str, meaning: &'static str) -> Self {
        self.query(name, meaning, json!({"type": "boolean", "default": false}))
    }

    /// It reads a word of its query.
    #[must_use]
    pub fn query(mut self, name: &'static str, meaning: &'static str, schema: Value) -> Self {
        self.query.push((name, meaning, schema));
        self
    }

    /// It answers one page of a list.
    #[must_use]
    pub fn paged(mut self) -> Self {
        self.paged = true;
        self
    }
}
