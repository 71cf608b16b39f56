# Making an account.
