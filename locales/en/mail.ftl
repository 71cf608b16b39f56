# Mails, plain text and HTML from the same words. Each topic has four messages:
#   -subject  one line, at most 70 characters with a short product name
#   -title    the headline of the HTML
#   -text     what happened, or what the code is for; a blank line parts paragraphs. A code stands right below it
#   -then     what to do now. In a mail with the link “This was not me” the mail-not-me messages stand in its place
# Below -text a notice has lines of facts (mail-fact-…), each where there is something to say.

mail-not-me-lead = Was it not you? Then freeze your account:
mail-not-me-button = This was not me
mail-not-me-then =
    The link opens a page with one button. Pressing it signs out whoever did this and keeps everybody out, until you sign in again with what was valid before.

    The link works once, within 72 hours, in any browser. Do not pass it on.
mail-foot = { $product } tells you of everything that could let somebody else in. It never asks you by mail for a password or a code.
mail-together = This happened more often than we tell one by one. This mail stands for all times from the one below until { $until }.
mail-together-subject = { $subject } (again)

mail-fact-account = Account
    .value = { $account }
mail-fact-label = Method
    .value = { $label }
mail-fact-former = In place of
    .value = { $former }
# What kind of method that is, before its name.
mail-method-kind =
    { $kind ->
        [totp] authenticator app
        [webauthn] security key
       *[sms] phone number
    }
mail-fact-copied = Copied device
    .value = { $copied }
mail-fact-first = Signed in with
    .value = { $first ->
        [password] a password
       *[email_code] an emailed code
    }{ $second ->
        [totp] {" "}and a code of an authenticator app
        [webauthn] {" "}and a security key
        [sms] {" "}and a code by text message
        [backup_code] {" "}and a backup code
       *[none] {""}
    }
mail-fact-kept = Counts again
    .value = { $kept }
mail-fact-removed = Gone for good
    .value = { $removed }
mail-fact-by = Done by
    .value = { $by ->
        [machine] an administrator, on the machine { $product } runs on
       *[application] the application “{ $application }”, with its API key
    }
mail-fact-device = Device
    .value = { $device }
mail-fact-at = Time
    .value = { $at }
mail-fact-reason = Reason given
    .value = { $reason }

mail-sign-up-code-subject = { $product }: your code is { $code }
mail-sign-up-code-title = Finish signing up
mail-sign-up-code-text = Your code to finish signing up for { $product } is
mail-sign-up-code-then =
    It is good for 10 minutes, and only on the device where you asked for it ({ $device }).

    If you did not ask for it, ignore this mail: nothing was made with your address.
mail-already-signed-up-subject = { $product }: you have an account already
mail-already-signed-up-title = You have an account already
mail-already-signed-up-text =
    Somebody, perhaps you, tried to sign up for { $product } with this address.

    You have an account already: sign in instead. If you have a password and forgot it, choose “Forgot your password?” there.
mail-already-signed-up-then = If it was not you, ignore this mail: nothing was changed.
mail-sign-in-code-subject = { $product }: your sign-in code is { $code }
mail-sign-in-code-title = Sign in
mail-sign-in-code-text = Your code to sign in to { $product } is
mail-sign-in-code-then =
    It is good for 10 minutes, and only on the device where you asked for it ({ $device }). Never tell it to anybody.

    If you did not ask for it, somebody typed your address. Ignore this mail.
mail-password-reset-code-subject = { $product }: your code for a new password is { $code }
mail-password-reset-code-title = Set a new password
mail-password-reset-code-text = Your code to set a new password for { $product } is
mail-password-reset-code-then =
    It is good for 10 minutes, and only on the device where you asked for it ({ $device }). Never tell it to anybody.

    If you did not ask for it, ignore this mail: your password stays as it is.
mail-mailbox-code-subject = { $product }: your code is { $code }
mail-mailbox-code-title = Show that this mailbox is yours
mail-mailbox-code-text = Your code to show that this mailbox is yours, while you sign in to { $product }, is
mail-mailbox-code-then =
    It is good for 10 minutes, and only on the device where you asked for it ({ $device }). Never tell it to anybody.

    If you are not signing in, somebody else got past your first step. Ignore this mail, and change your password if you have one.
mail-step-up-code-subject = { $product }: your code is { $code }
mail-step-up-code-title = Confirm a change
mail-step-up-code-text = Your code to confirm a change of your { $product } account is
mail-step-up-code-then =
    It is good for 10 minutes, and only on the device where you asked for it ({ $device }). Never tell it to anybody.

    If you are not changing anything, sign in and end the sessions you do not know.
mail-invitation-subject = { $product }: you are invited
mail-invitation-title = You are invited
mail-invitation-text = You are invited to { $product }. Make your account with this link:
mail-invitation-button = Create your account
mail-invitation-then = The link works once. If you do not know what this is about, ignore this mail.

mail-new-device-subject = { $product }: a sign-in from a new device
mail-new-device-title = A sign-in from a new device
mail-new-device-text =
    Somebody signed in to your { $product } account from a device that was not used with it before.

    If it was you, there is nothing to do. A browser whose cookies were cleared counts as new, too.
mail-new-device-then = If it was not you, sign in, end the sessions you do not know, and change your password if you have one.
mail-device-copied-subject = { $product }: a trusted device was copied
mail-device-copied-title = A trusted device was copied
mail-device-copied-text =
    Two browsers came to your { $product } account with what only one can have: the trust of the device below. One of them has a copy. So that nobody gets in with it, the device is no longer trusted and its sessions were signed out. Signing in takes your second step again.

    If you restored a browser from a backup, or use one profile on two machines, that was the reason and there is nothing to do.
mail-device-copied-then = If that is not the reason, somebody has read the files of your browser: check that device for malware, and change your password from another one.
mail-key-copied-subject = { $product }: a security key was not accepted
mail-key-copied-title = A security key was not accepted
mail-key-copied-text =
    A security key of your { $product } account counts its uses, and its count went back. That is what happens when there are two of the same key. It was not accepted.

    If you know why, for instance because you restored a software key from a backup, remove the key in your settings and register it again.
mail-key-copied-then = If it was not you, remove the key in your settings at once, and change your password if you have one.
mail-mailbox-proven-subject = { $product }: the code we mailed you was used
mail-mailbox-proven-title = The code we mailed you was used
mail-mailbox-proven-text =
    While somebody was signing in to your { $product } account, the code that we had sent to this mailbox was typed.

    If it was you, there is nothing to do.
mail-mailbox-proven-then = If it was not you, somebody reads your mail. Secure your mailbox, and change your password if you have one.
mail-second-factor-locked-subject = { $product }: somebody is guessing your codes
mail-second-factor-locked-text =
    Somebody who got past the first step of signing in to your { $product } account typed too many wrong codes. { $of ->
        [text] Codes by text message
        [both] Codes of your authenticator app and by text message
       *[app] Codes of your authenticator app
    } { $off ->
        [yes] are not accepted any more; a backup code still works, and with one they are accepted again.

        If it was you, use a backup code. If you have none, ask { $support }.
       *[no] are not looked at again until { $until }; a backup code still works.

        If it was you, wait until then, or use a backup code.
    }
mail-second-factor-locked-title = Somebody is guessing your codes
mail-second-factor-locked-then = If it was not you, change your password if you have one, and secure your mailbox: whoever it was knows the one or reads the other.
mail-codes-unlocked-subject = { $product }: the wait after wrong codes was ended
mail-codes-unlocked-title = The wait after wrong codes was ended
mail-codes-unlocked-text = Your { $product } account no longer has to wait because of wrong codes or passwords: they are looked at again.
mail-codes-unlocked-then = If you did not ask for this, contact { $support }.
mail-session-ended-by-tries-subject = { $product }: a device was signed out after wrong tries
mail-session-ended-by-tries-title = A device was signed out after wrong tries
mail-session-ended-by-tries-text =
    On a device that was signed in to your { $product } account, somebody wanted to make a change and failed five times to prove that it was you. That device was signed out.

    If it was you, sign in again.
mail-session-ended-by-tries-then = If it was not you, sign in, end the sessions you do not know, and change your password if you have one.

mail-two-factor-on-subject = { $product }: two-factor authentication is on
mail-two-factor-on-title = Two-factor authentication is on
mail-two-factor-on-text =
    Two-factor authentication was turned on for your { $product } account. From now on signing in asks for a second proof.

    Your other sessions were signed out.
mail-two-factor-on-then = If it was not you, contact { $support } at once.
mail-method-added-subject = { $product }: a method was added
mail-method-added-title = A method was added
mail-method-added-text =
    A method was added to your { $product } account. Beside your password it lets in whoever holds it.

    Your other sessions were signed out, and no device is trusted any more.
mail-method-added-then = If it was not you, sign in, remove it, and change your password if you have one.
mail-method-removed-subject = { $product }: a method was removed
mail-method-removed-title = A method was removed
mail-method-removed-text =
    A method was removed from your { $product } account. It no longer lets anybody in.

    Your other sessions were signed out, and no device is trusted any more.
mail-method-removed-then = If it was not you, contact { $support } at once.
mail-method-replaced-subject = { $product }: a method was set up anew
mail-method-replaced-title = A method was set up anew
mail-method-replaced-text =
    A method of your { $product } account was set up anew. The old one no longer works.

    Your other sessions were signed out, and no device is trusted any more.
mail-method-replaced-then = If it was not you, contact { $support } at once.
mail-two-factor-off-subject = { $product }: two-factor authentication is off
mail-two-factor-off-title = Two-factor authentication is off
mail-two-factor-off-text =
    Two-factor authentication was turned off for your { $product } account. Signing in no longer asks for a second proof.

    Your other sessions were signed out, and no device is trusted any more.
mail-two-factor-off-then = If it was not you, turn it on again, and change your password if you have one.
mail-two-factor-reset-subject = { $product }: two-factor authentication was reset
mail-two-factor-reset-title = Two-factor authentication was reset
mail-two-factor-reset-text =
    Two-factor authentication of your { $product } account was reset. Your methods, your backup codes and your sessions are gone.

    Next time you sign in you prove this mailbox and set up two-factor authentication again.
mail-two-factor-reset-then = If you did not ask for this, contact { $support } at once.
mail-two-factor-reset-elsewhere-subject = { $product }: two-factor authentication was reset on the machine
mail-two-factor-reset-elsewhere-title = Two-factor authentication was reset on the machine
mail-two-factor-reset-elsewhere-text = Somebody with access to the machine { $product } runs on reset two-factor authentication of an account. You are told because you are an administrator.
mail-two-factor-reset-elsewhere-then = If you do not know of it, look into who has access to the machine.
mail-backup-codes-made-subject = { $product }: new backup codes
mail-backup-codes-made-title = New backup codes
mail-backup-codes-made-text = New backup codes were made for your { $product } account. The old ones no longer work.
mail-backup-codes-made-then = If it was not you, sign in, make new ones, and change your password if you have one.
mail-backup-code-used-subject = { $product }: a backup code was used
mail-backup-code-used-title = A backup code was used
mail-backup-code-used-text =
    A backup code of your { $product } account was used { $use ->
        [sign-in] to sign in
        [application] in an application
       *[change] before a change
    }. { $left ->
        [0] None is left: make new ones.
        [one] One is left: make new ones.
       *[other] { $left } are left.
    }
mail-backup-code-used-then = If it was not you, make new codes at once, and change your password if you have one.
mail-backup-codes-revealed-subject = { $product }: your backup codes were looked at
mail-backup-codes-revealed-title = Your backup codes were looked at
mail-backup-codes-revealed-text = The backup codes of your { $product } account were shown.
mail-backup-codes-revealed-then = If it was not you, make new ones, and change your password if you have one.
mail-password-changed-subject = { $product }: your password was changed
mail-password-changed-title = Your password was changed
mail-password-changed-text =
    The password of your { $product } account was changed.

    Your other sessions were signed out, and no device is trusted any more.
mail-password-changed-then = If it was not you, choose “Forgot your password?” when you sign in.

mail-new-password-required-subject = { $product }: set a new password at your next sign-in
mail-new-password-required-title = Set a new password
mail-new-password-required-text =
    The next time you sign in to { $product } you are asked to set a new password, after a code from this mailbox. You were signed out everywhere, and no device is trusted any more.

    The password of before may be known to somebody else. If you use it anywhere else, change it there too.
mail-new-password-required-then = If you do not know why, ask { $support }.
mail-account-frozen-subject = { $product }: your account is frozen
mail-account-frozen-title = Your account is frozen
mail-account-frozen-text =
    { $who ->
        [owner] Somebody pressed “This was not me” in a mail about your { $product } account. Nobody can do anything with it now, and whoever signed in since is signed out.
       *[administrator] An administrator of { $product } froze your account. Nobody can do anything with it now, you neither.
    }
mail-account-frozen-then =
    { $who ->
        [owner] To open it again, sign in to { $product } as always. { $way ->
            [before] You are asked for one of your methods as they were before the event, or one of your backup codes from then, and for a code from this mailbox.
            [now] You are asked for the method that is set up now, for a code from this mailbox, and for a new password if you have one. If you never set one up, ask { $support } to reset your two-factor authentication.
           *[never] You are asked for a code from this mailbox, and for a new password if you have one.
        } Your methods are then as they were before the event.
       *[administrator] If you do not know why, contact { $support }.
    }
mail-account-open-subject = { $product }: your account is open again
mail-account-open-title = Your account is open again
mail-account-open-text =
    { $who ->
        [owner] Somebody signed in to your { $product } account with all that was asked, and it is open again. { $set_up_anew ->
            [yes] Your methods of before were lost, so two-factor authentication is set up anew before anything else.
           *[no] Your methods are as they were before the event.
        }{ $codes_ended ->
            [yes] {" "}Backup codes made after it no longer work.
           *[no] {""}
        }
       *[administrator] { $support } opened your { $product } account again. Nothing was brought back or removed; sign in anew everywhere.
    }
mail-account-open-then =
    { $who ->
        [owner] Now make new backup codes, change your password if somebody may know it, and look after your mailbox: change its password too, and see who else reads it. If this was not you, contact { $support } at once.
       *[administrator] If you did not ask for this, contact { $support }.
    }
mail-account-deleted-subject = { $product }: your account was deleted
mail-account-deleted-title = Your account was deleted
mail-account-deleted-text = Your { $product } account was deleted, with everything that belonged to it. This is the last mail about it.
mail-account-deleted-then = If you did not expect this, contact { $support }.
