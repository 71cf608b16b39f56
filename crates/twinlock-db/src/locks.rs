//! Which rows a use case depends on.

/// The organizations and the account a write depends on. They are locked before the closure runs:
/// organizations first, in ascending order, then the account, so that two writes never wait for
/// each other in a circle. A use case writes at most one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    organizations: Vec<[u8; 16]>,
    shared: bool,
    account: Option<[u8; 16]>,
}

impl Locks {
    /// No lock: sign-up, budgets, sweeps.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One account, for itself alone.
    #[must_use]
    pub fn account(account: [u8; 16]) -> Self {
        Self::none().and_account(account)
    }

    /// Organizations, for this write alone (a policy change).
    #[must_use]
    pub fn organizations(mut organizations: Vec<[u8; 16]>) -> Self {
        organizations.sort_unstable();
        organizations.dedup();
        Self {
            organizations,
            ..Self::default()
        }
    }

    /// The organizations are only relied upon (an owner's own change): other sharers may run
    /// beside, a policy change may not.
    #[must_use]
    pub fn share(mut self) -> Self {
        self.shared = true;
        self
    }

    /// And this account.
    #[must_use]
    pub fn and_account(mut self, account: [u8; 16]) -> Self {
        self.account = Some(account);
        self
    }

    /// The account, if one is locked.
    #[must_use]
    pub fn account_id(&self) -> Option<[u8; 16]> {
        self.account
    }

    pub(crate) fn organization_ids(&self) -> &[[u8; 16]] {
        &self.organizations
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organizations_are_locked_in_ascending_order_and_once() {
        let locks = Locks::organizations(vec![[3; 16], [1; 16], [3; 16], [2; 16]]);
        assert_eq!(locks.organization_ids(), [[1; 16], [2; 16], [3; 16]]);
    }
}
