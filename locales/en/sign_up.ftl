# Making an account.

sign-up-title = Create an account
sign-up-name = Name
sign-up-name-hint = How we greet you; may stay empty.
sign-up-button = Create account
sign-up-have-one = Have an account already?
sign-up-again = Start again with another address
sign-up-domains = Anyone with an address at { $domains } can create an account.
sign-up-other-domain = Addresses of this domain cannot sign up without an invitation. Use another one, or ask whoever runs this service for a link.
sign-up-closed-title = Signing up is by invitation
sign-up-closed = Ask whoever runs this service for an invitation link. A link works once and for a limited time: if yours was used or is too old, ask for a new one.
