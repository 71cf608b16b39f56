# The record of events, in the words of the page "Recent activity" and of exports for people.

audit-title = Recent activity
audit-what = What happened to your account, newest first. If something here was not you, change your password and your methods.
audit-empty = Nothing here yet. Signing in and every change of your methods will be listed here.
audit-empty-filtered = Nothing of this kind among the events looked through.
audit-older = Older
audit-newest = Newest
audit-show = Show
audit-show-label = Which events
audit-group-all = Everything
audit-group-signing-in = Signing in
audit-group-methods = Password, methods and codes
audit-group-account = Account
audit-today = Today
audit-yesterday = Yesterday
audit-proof = Download a proof
audit-proof-what = Each event is bound to the one before, and all of them to signed checkpoints. With this file anybody can check that yours are complete.
audit-of-a-later-release = Something a newer release wrote down

audit-first-factor-accepted = First step of signing in
audit-first-factor-refused = Wrong password or code at the first step
audit-second-factor-accepted = Second step accepted
audit-second-factor-refused = Second step refused
audit-second-factor-locked = A code came while codes had to wait
audit-mailbox-proven = Email address confirmed by a code
audit-mailbox-refused = Wrong code from an email
audit-signed-in = Signed in
audit-signed-out = Signed out
audit-stepped-up = Proved it again before a change
audit-step-up-refused = Wrong password or code before a change
audit-session-ended = A session was ended
audit-device-trusted = Device trusted: signing in on it skips the second step
audit-device-trust-ended = Device no longer trusted
audit-device-copied = A trusted device was copied, and is trusted no more
audit-key-copied = A security key was refused: there may be two of it
audit-session-moved = A session was used in another browser than before
audit-other-sessions-ended = All other sessions were ended

audit-two-factor-on = Two-factor authentication turned on
audit-two-factor-off = Two-factor authentication turned off
audit-two-factor-reset = Two-factor authentication reset by somebody else
audit-method-added = Method added
audit-method-replaced = Method replaced by a new one
audit-method-removed = Method removed
audit-method-renamed = Method renamed
audit-method-preferred = Method made the preferred one
audit-backup-codes-made = New backup codes made
audit-backup-codes-revealed = Backup codes shown
audit-password-changed = Password changed
audit-password-reset = Password set anew after "Forgot your password?"
audit-new-password-required = A new password is asked for at the next sign-in
audit-unlocked = Waiting time ended by an application

audit-account-made = Account made
audit-account-frozen = Account frozen
audit-account-thawed = Account opened again by signing in with what counted before
audit-account-unfrozen = Account opened again by somebody who looks after it
audit-account-deleted = Account deleted
audit-name-changed = Name changed
audit-mail-refused = A mail to your address was refused

audit-instance-settings-changed = Settings in force are others than at the last start
audit-instance-schema-changed = The database was brought to a newer schema
audit-instance-data-key-made = A data key was made
audit-instance-master-key-changed = The master key was changed
audit-instance-audit-key-made = The key that signs checkpoints was made
audit-instance-application-made = An application was made
audit-instance-api-key-made = An API key was made
audit-instance-api-key-revoked = An API key was revoked
audit-instance-invitation-made = An invitation was made
audit-instance-role-given = An account with a role was made
audit-instance-two-factor-reset = Two-factor authentication of an account was reset on the machine
audit-instance-account-deleted = An account was deleted
audit-instance-checkpoint-gap = No checkpoint was made for a while
audit-instance-record-renewed = The record was brought to this release's format
audit-instance-record-was-broken = An event of the record was not what was written, when the format changed

# What is known about an event, behind its words.
audit-signed-in-by =
    { $first ->
        [password] With a password
       *[email_code] With a code sent by email
    }{ $second ->
        [totp] {" "}and an authenticator app
        [webauthn] {" "}and a security key
        [sms] {" "}and a text message
        [backup_code] {" "}and a recovery code
        [trusted_device] , on a trusted device
       *[none] {""}
    }
audit-kind-totp = Authenticator app
audit-kind-webauthn = Security key
audit-kind-sms = Text message
audit-kind-backup-code = Recovery code
audit-kind-password = Password
audit-kind-email-code = Code sent by email
audit-in-place-of = in place of “{ $former }”
audit-reason-invalid-code = The code did not match
audit-reason-already-used = The code had been used before
audit-reason-clock-drift = The phone's clock was behind
audit-reason-mistyped = A typing slip; it cost no try
audit-reason-expired = The code was no longer good: from an old sheet of recovery codes, or from a text that ran out
audit-reason-wrong-codes = After too many wrong codes
audit-sessions-ended =
    { $count ->
        [one] One session
       *[other] { $count } sessions
    }
audit-by-application = By an application
audit-by-machine = By the operator
audit-because = Reason given: { $reason }
