//! What the document at `/api/openapi.json` says of a call: written beside its route, with the types its handler reads and writes.

use std::borrow::Cow;

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

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

/// What is told of one call.
#[derive(Clone, Copy)]
pub struct Doc {
    /// One line: what it does.
    pub summary: &'static str,
    /// The body it reads.
    pub body: Option<Shape>,
    /// Whether the body may be left out.
    pub body_optional: bool,
    /// Status of success.
    pub status: u16,
    /// The body of success.
    pub answer: Option<Shape>,
    /// Statuses it refuses with, beyond those every call of its guard may answer.
    pub refusals: &'static [u16],
    /// Whether it takes `limit` and `cursor`.
    pub paged: bool,
}

impl Doc {
    /// A call that takes no body and answers 204, until said otherwise.
    #[must_use]
    pub fn of(summary: &'static str) -> Self {
        Self {
            summary,
            body: None,
            body_optional: false,
            status: 204,
            answer: None,
            refusals: &[],
            paged: false,
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

    /// It may refuse with these statuses.
    #[must_use]
    pub fn refuses(mut self, statuses: &'static [u16]) -> Self {
        self.refusals = statuses;
        self
    }

    /// It answers one page of a list.
    #[must_use]
    pub fn paged(mut self) -> Self {
        self.paged = true;
        self
    }
}
