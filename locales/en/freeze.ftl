# “This was not me”: the page behind the link of a mail, what a press does, and the page after the way back.

not-me-title = Was this not you?
not-me-device = Device
not-me-when = When
not-me-if-you = If it was you, or you know who did it for you, close this page. Nothing happens.
not-me-what = If it was not you, freeze your account:
not-me-what-closed = Nobody can do anything with it, you neither. Whoever signed in since then is signed out.
not-me-what-back = You open it again by signing in, with what counted before: your methods and codes of then, your mailbox, and where need be a new password.
not-me-what-restored = Your methods are then as they were before this happened.
not-me-button = This was not me: freeze my account
not-me-once = The link works once, and for 72 hours after it happened.
not-me-contact = If you need help, contact { $support }.
not-me-spent-title = This link does not work any more
not-me-spent = It was used already, or is older than 72 hours, or is not complete.
not-me-spent-then = If you pressed its button before, your account is frozen: sign in to open it again. If you did not, and something happened that you do not know, sign in and look at your methods and sessions.

not-me-event-new-device = Somebody signed in to your { $product } account from a device that was not used with it before.
not-me-event-device-copied = A trusted device of your { $product } account was copied.
not-me-event-key-copied = A security key of your { $product } account was not accepted: there may be two of it.
not-me-event-mailbox-proven = A code from your mailbox was used in the middle of a sign-in to your { $product } account.
not-me-event-second-factor-locked = Somebody guessed at the codes of your { $product } account until codes had to wait.
not-me-event-codes-unlocked = The wait after wrong codes of your { $product } account was ended.
not-me-event-session-ended-by-tries = Somebody signed in to your { $product } account typed too many wrong codes before a change.
not-me-event-two-factor-on = Two-factor authentication was turned on for your { $product } account.
not-me-event-method-added = A method was added to your { $product } account.
not-me-event-method-removed = A method was removed from your { $product } account.
not-me-event-method-replaced = A method of your { $product } account was set up anew.
not-me-event-two-factor-off = Two-factor authentication was turned off for your { $product } account.
not-me-event-two-factor-reset = Two-factor authentication of your { $product } account was reset.
not-me-event-backup-codes-made = New backup codes were made for your { $product } account.
not-me-event-backup-code-used = A backup code of your { $product } account was used.
not-me-event-backup-codes-revealed = The backup codes of your { $product } account were looked at.
not-me-event-password-changed = The password of your { $product } account was changed.

frozen-title = Your account is frozen
frozen-what = Nobody can do anything with it now. Whoever signed in since then is signed out.
frozen-way-back = The way back
frozen-step-sign-in = Sign in as always, on any device. If your password does not work any more, choose “Forgot your password?” or a code by email.
frozen-step-code-before = Use your authenticator app, a text to your number or your security key, as they were before this happened, or a backup code of the sheet you had then.
frozen-step-code-now = Use the method that is set up now. If you never set one up, somebody else did: ask { $support } to reset your two-factor authentication.
frozen-step-mailbox = Type a code that we send to your mailbox.
frozen-step-password = If you have a password, choose a new one.
frozen-step-password-if = If your password was changed since, choose a new one.
frozen-afterwards = Then your account is open again, with your methods as they were before.
frozen-others = It was frozen before by somebody who looks after it, and stays so until they open it: { $support }.

thaw-second-factor-before = Your account is frozen: somebody pressed “This was not me” in a mail about it. To open it again, use the authenticator app, phone number, security key or backup code that you had before what that mail reports.
thaw-second-factor-now = Your account is frozen: somebody pressed “This was not me” in a mail about it. Before what that mail reports, two-factor authentication was off, so use the method that is set up now. If you did not set it up, ask { $support } to reset your two-factor authentication.
thaw-mailbox = Your account is frozen. To open it again, show that this mailbox is yours: type the code that we send there.
thaw-new-password = Your account is frozen. To open it again, choose a new password: somebody else may know the old one.

open-again-title = Your account is open again
open-again-what = You proved that it is yours. You are signed out everywhere else, and no device is remembered any more.
open-again-kept = Counts again
open-again-removed = Gone for good
open-again-none = Two-factor authentication is off, as it was before.
open-again-set-up-anew = Your methods of before were lost, so you set up two-factor authentication anew.
open-again-codes-ended = Backup codes made in between no longer work.
open-again-now = What to do now
open-again-password = Change your password, if somebody may know it.
open-again-mailbox = Look after your mailbox: change its password, and see whether mail is passed on to somebody else.
open-again-codes = Make new backup codes, if somebody may have seen yours.
open-again-on = Turn two-factor authentication on, so that password or mailbox alone let nobody in.
open-again-change-password = Change your password
open-again-security = Go to Security
