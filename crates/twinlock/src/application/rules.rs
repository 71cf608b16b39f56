//! What an API key may do.

use crate::app::{ApiKeyId, ApplicationId};

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Look at the application's accounts.
    AccountsRead,
    /// Make and change them.
    AccountsWrite,
    /// Check their codes.
    Verify,
    /// What weakens or reveals, and people's own accounts.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 4] = [
        Self::AccountsRead,
        Self::AccountsWrite,
        Self::Verify,
        Self::Admin,
    ];

    /// The scope's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AccountsRead => "accounts:read",
            Self::AccountsWrite => "accounts:write",
            Self::Verify => "verify",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// The application behind a request.
#[derive(Clone, Debug)]
pub struct ApiCaller {
    /// The application.
    pub application: ApplicationId,
    /// The key it used.
    pub key: ApiKeyId,
    /// What the key may do.
    pub scopes: Vec<Scope>,
}

impl ApiCaller {
    /// Whether the key has a scope.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
