# Mails. `-subject` and `-text` for each topic.

mail-sign-up-code-subject = { $product }: your code is { $code }
mail-sign-up-code-text =
    Your code to finish signing up for { $product } is

        { $code }

    It is good for 10 minutes, and only on the device where you asked for it ({ $device }).
    If you did not ask for it, ignore this mail: nothing was made with your address.
mail-already-signed-up-subject = { $product }: you have an account already
mail-already-signed-up-text =
    Somebody, perhaps you, tried to sign up for { $product } with this address ({ $device }, { $at }).
    You have an account already: sign in instead. If you have a password and forgot it, choose “Forgot your password?” there.
    If it was not you, ignore this mail: nothing was changed.
mail-sign-in-code-subject = { $product }: your sign-in code is { $code }
mail-sign-in-code-text =
    Your code to sign in to { $product } is

        { $code }

    It is good for 10 minutes, and only on the device where you asked for it ({ $device }).
    Never tell it to anybody. If you did not ask for it, somebody typed your address; ignore this mail.
mail-password-reset-code-subject = { $product }: your code for a new password is { $code }
mail-password-reset-code-text =
    Your code to set a new password for { $product } is

        { $code }

    It is good for 10 minutes, and only on the device where you asked for it ({ $device }).
    Never tell it to anybody. If you did not ask for it, ignore this mail: your password stays as it is.
mail-mailbox-code-subject = { $product }: your code is { $code }
mail-mailbox-code-text =
    Your code to show that this mailbox is yours is

        { $code }

    It is good for 10 minutes, and only on the device where you asked for it ({ $device }).
    Somebody who knows your password, or got past your first step, is signing in to { $product }. If it is not you, ignore this mail, and change your password if you have one.
mail-step-up-code-subject = { $product }: your code is { $code }
mail-step-up-code-text =
    Your code to confirm a change of your { $product } account is

        { $code }

    It is good for 10 minutes. If you are not changing anything, sign in and end the sessions you do not know.
mail-invitation-subject = { $product }: you are invited
mail-invitation-text =
    You are invited to { $product }. Open this link to make your account:

        { $link }
mail-two-factor-on-subject = { $product }: two-factor authentication is on
mail-two-factor-on-text =
    Two-factor authentication was turned on for your { $product } account ({ $device }, { $at }).
    Your other sessions were signed out. If it was not you, contact { $support } at once.
mail-method-added-subject = { $product }: a method was added
mail-method-added-text =
    An authenticator app was added to your { $product } account ({ $device }, { $at }).
    Your other sessions were signed out. If it was not you, sign in, remove it, and change your password if you have one.
mail-method-removed-subject = { $product }: a method was removed
mail-method-removed-text =
    An authenticator app was removed from your { $product } account ({ $device }, { $at }).
    Your other sessions were signed out. If it was not you, contact { $support } at once.
mail-method-replaced-subject = { $product }: your authenticator app was set up anew
mail-method-replaced-text =
    An authenticator app of your { $product } account was set up anew and the old one no longer works ({ $device }, { $at }).
    Your other sessions were signed out. If it was not you, contact { $support } at once.
mail-two-factor-off-subject = { $product }: two-factor authentication is off
mail-two-factor-off-text =
    Two-factor authentication was turned off for your { $product } account ({ $device }, { $at }). Signing in no longer asks for a code.
    Your other sessions were signed out. If it was not you, turn it on again, and change your password if you have one.
mail-two-factor-reset-subject = { $product }: two-factor authentication was reset
mail-two-factor-reset-text =
    Two-factor authentication of your { $product } account was reset ({ $at }). Your methods, backup codes and sessions are gone.
    Next time you sign in you prove this mailbox and set it up again.
    If you did not ask for this, contact { $support } at once.
mail-two-factor-reset-elsewhere-subject = { $product }: two-factor authentication of an account was reset on the machine
mail-two-factor-reset-elsewhere-text =
    Somebody with access to the machine { $product } runs on reset two-factor authentication of the account { $account } ({ $at }).
    Reason given: { $reason }
    If you do not know of it, look into who has access to the machine.
mail-backup-codes-made-subject = { $product }: new backup codes
mail-backup-codes-made-text =
    New backup codes were made for your { $product } account ({ $device }, { $at }). The old ones no longer work.
    If it was not you, sign in, make new ones, and change your password if you have one.
mail-backup-code-used-subject = { $product }: a backup code was used
mail-backup-code-used-text =
    A backup code of your { $product } account was used ({ $device }, { $at }). { $left ->
        [0] None is left: make new ones.
        [one] One is left: make new ones.
       *[other] { $left } are left.
    }
    If it was not you, make new codes at once, and change your password if you have one.
mail-backup-codes-revealed-subject = { $product }: your backup codes were looked at
mail-backup-codes-revealed-text =
    The backup codes of your { $product } account were shown ({ $device }, { $at }).
    If it was not you, make new ones, and change your password if you have one.
mail-password-changed-subject = { $product }: your password was changed
mail-password-changed-text =
    The password of your { $product } account was changed ({ $device }, { $at }). Your other sessions were signed out.
    If it was not you, choose “Forgot your password?” when you sign in.
mail-second-factor-locked-subject = { $product }: somebody is guessing your codes
mail-second-factor-locked-text =
    Somebody who got past the first step of signing in to your { $product } account typed too many wrong codes ({ $device }, { $at }).
    Codes are not looked at again until { $until }; a backup code still works.
    If it was not you, change your password if you have one, and secure your mailbox: whoever it was knows the one or reads the other.
