//! One page of a list: `?limit=` (50 unless said, 200 at most) and `?cursor=`.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Deserialize;
use twinlock_web::Problem;
use twinlock_web::body::parse_form;

/// Items on a page unless the caller says.
const USUAL: usize = 50;
/// Items on a page at most.
const MOST: usize = 200;

/// Which page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    limit: usize,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl Page {
    fn read(query: &str) -> Result<Self, Problem> {
        let Query { limit, cursor } = parse_form(query.as_bytes())?;
        Self::of(limit.as_deref(), cursor)
    }

    /// A page of a list that takes more than these two.
    ///
    /// # Errors
    /// A limit that is none.
    pub fn of(limit: Option<&str>, cursor: Option<String>) -> Result<Self, Problem> {
        let limit = match limit {
            None => Some(USUAL),
            Some(text) => text.parse().ok().filter(|limit| (1..=MOST).contains(limit)),
        };
        let Some(limit) = limit else {
            return Err(Problem::new(
                http::StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_request",
                "The request does not have the right shape",
            )
            .detail("A field is not as asked for; `errors` says which and how.")
            .field("limit", "invalid_value", "Send a number from 1 to 200."));
        };
        Ok(Self { limit, cursor })
    }

    /// Items this page holds at most.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// What the page before gave for this one.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// This page of a list that is there as a whole, and the cursor of the next one. A cursor that names no item any more starts anew.
    #[must_use]
    pub fn cut<T>(&self, all: Vec<T>, name: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let after = self
            .cursor
            .as_ref()
            .and_then(|cursor| all.iter().position(|item| name(item) == *cursor))
            .map_or(0, |at| at + 1);
        let mut rest: Vec<T> = all.into_iter().skip(after).take(self.limit + 1).collect();
        let more = rest.len() > self.limit;
        rest.truncate(self.limit);
        let next = rest.last().filter(|_| more).map(&name);
        (rest, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_the_last_one_says_so() {
        let all: Vec<u32> = (1..=5).collect();
        let name = |item: &u32| item.to_string();
        let first = Page::read("limit=2").unwrap();
        assert_eq!(
            first.cut(all.clone(), name),
            (vec![1, 2], Some(String::from("2")))
        );
        let last = Page::read("limit=2&cursor=4").unwrap();
        assert_eq!(last.cut(all, name), (vec![5], None));
    }

    #[test]
    fn a_limit_that_is_none_is_refused() {
        for query in [
            "limit=0",
            "limit=201",
            "limit=x",
            "limit=",
            "limit=-1",
            "page=2",
        ] {
            assert!(Page::read(query).is_err(), "{query}");
        }
    }
}
