# The person's own pages.

settings-save = Save
settings-cancel = Cancel
settings-back = Back
settings-not-now = Not now

settings-security-title = Security
settings-on = On
settings-off = Off
settings-off-why =
    After signing in you also give a second proof, such as a code from your phone, so nobody gets in with { $ways ->
        [password] your email address and password
        [email_code] a code from your mailbox
       *[both] your email address, password or a code from your mailbox
    } alone. You need your phone, or your security key, when you sign in.
settings-change-two-factor = Change two-factor authentication
settings-app = Authenticator app
settings-added = Added
settings-app-added = Authenticator app, added
settings-last-used = last used
settings-preferred = Preferred
settings-numbered = { $name } ({ $number })
settings-more-for = More for { $name }
settings-rename = Rename
settings-make-preferred = Make preferred
settings-scan-again = Scan a new QR code
settings-remove = Remove
settings-add-method = Add a method
settings-move = Move to a new phone
settings-codes-line = { $left } of { $total } left, made { $day } (sheet { $number })
settings-codes-few =
    { $left ->
        [0] No backup codes are left. Make new ones: without your phone you would be locked out.
        [one] Only one backup code is left. Make new ones now.
       *[other] Only { $left } backup codes are left. Make new ones now.
    }
settings-codes-checked = One of them was last checked
settings-codes-never-checked = You have not checked yet whether your saved codes are these.
settings-reveal = Reveal codes
settings-make-codes = Make new codes
settings-check-code = Check a code

settings-done-two-factor-on = { $label } is on. From now on signing in asks for your second proof.
settings-done-two-factor-off = { $label } is off. Signing in no longer asks for a second proof.
settings-done-off-already = { $label } is off.
settings-done-method-added = The method was added. Your other sessions were signed out, and no device is trusted any more.
settings-done-method-replaced = The new method is set up and the old one no longer works. Your other sessions were signed out, and no device is trusted any more.
settings-done-number-confirmed = Your number was confirmed.
settings-done-method-renamed = The name was saved.
settings-done-method-preferred = That method is asked for first from now on.
settings-done-method-removed = The method was removed. Your other sessions were signed out, and no device is trusted any more.
settings-done-set-up-over = That set-up is finished, or took longer than ten minutes. Below is what is set up now; to set a method up, start over.
settings-done-codes-shown-once = { $label } is on. Your backup codes were shown once. If you did not save them, choose “Make new codes” below now: without your phone and without a code you would be locked out.
settings-done-codes-saved = You have new backup codes. The old ones no longer work.
settings-done-codes-made-already = New codes were made a moment ago and are shown only once. If you did not save them, make new ones.
settings-done-password-changed = Your password was saved. Your other sessions were signed out, and no device is trusted any more.
settings-done-proven = Thank you. Now choose again what you wanted to change.
settings-done-name = Your name was saved.
settings-done-session-ended = That session was ended.
settings-done-sessions-ended = All other sessions were ended.

settings-done-device-removed = That device is no longer trusted. Signing in there takes your second step again.
settings-done-put-off = That suggestion stays away for 90 days.
settings-done-devices-removed = No device is trusted any more. Signing in takes your second step everywhere.

settings-devices = Trusted devices
settings-devices-what-trusted =
    { $days ->
        [one] For one day signing in takes no second step on a device where you tick “Trust this device” while you sign in.
       *[other] For { $days } days signing in takes no second step on a device where you tick “Trust this device” while you sign in.
    }
settings-devices-what-until-signed-out = Signing in takes no second step on a device where you passed it before, until you sign out there and forget the device.
settings-devices-what-new-device = Signing in takes no second step on a device where you passed it before, until your session there ends by itself.
settings-devices-ends = A new password, a change of your methods, a reset and “This was not me” end the trust of every device at once. Before a change of your account the second step is asked on each of them.
settings-devices-none = No device is trusted.
settings-device-since = Trusted since
settings-device-until = until
settings-device-remove-named = Remove { $device }
settings-devices-remove-all = Remove all

settings-choose = Choose how to get your codes
settings-use-app = Use authentication app
settings-use-app-for = Best for most people: reliable, works offline and in airplane mode, and one app serves many services.
settings-use-app-cons = But it is an app to install, and takes a little more set-up.
settings-use-key = Use a security key
settings-use-key-for = The safest: nobody can trick you into giving it away on a false page. A key for the USB port or to hold to your phone, or the passkey of your phone or computer.
settings-use-key-cons = But each device you sign in on needs a way to it, and a lost key is lost: set up a second method too.
settings-key = Security key
settings-text = Text message
settings-text-to = Text message { $number }
settings-text-confirmed = Confirmed
settings-text-change = Change number
settings-text-replaces-key = Your key is then asked no more. It is safer than texts: whoever takes over your number gets your codes, and nobody gets them out of a key.
settings-text-then = When the new number is proven
settings-key-added = Security key, added
settings-key-text = Have your security key ready, or your phone or computer if it keeps passkeys. Your browser asks for it next.
settings-key-name = Name of this key (optional)
settings-key-name-hint = For the list of your methods, such as “Blue key” or “My laptop”.
settings-disable-by-key = Turn it off with your security key
settings-key-register = Set up this key
settings-step = Step { $at } of { $of }
settings-replaces = The new method takes the place of “{ $name }”, which works until the new one is proven.
settings-app-name = Name for this app (optional)
settings-app-name-hint = Such as Work phone, to tell your apps apart.
settings-enable = Enable
settings-is-on = { $label } is on.
settings-move-how = Keep your old phone at hand. You set up the app on the new phone; the old one works until the new one is proven by a code.
settings-move-codes = Cannot do it now? Note your backup codes first: each signs you in once, without any phone.
settings-move-then = When the new phone is proven
settings-move-replace = Replace “{ $name }”
settings-move-keep = Keep both
settings-move-keep-all = Keep all
settings-move-keep-hint = Either phone signs you in.

settings-rename-title = Name this app
settings-remove-lost = It was lost or stolen
settings-remove-lost-hint = Then nothing brings it back, not even the link “This was not me” in the mail about this. Without the tick it can be brought back for 72 hours.
settings-remove-prove = Prove it with a recovery code or another method
settings-remove-title = Remove “{ $name }”?
settings-remove-what = Its codes will no longer sign you in. Your other sessions are signed out, and no device is trusted any more. Delete the account from the app only after that.
settings-remove-what-number = Codes are no longer sent to this number. Your other sessions are signed out, and no device is trusted any more.
settings-keep-it = Keep it
settings-disable-button = Disable two-factor authentication
settings-disable-warning = This makes your account less secure. Only do it if you must.
settings-disable-what = What will change:
settings-disable-what-sign-in = Signing in no longer asks for a second proof: your first step alone opens your account.
settings-disable-what-apps = Your authenticator apps, security keys and phone numbers are removed. To have them again you set them up anew.
settings-disable-what-codes = Your backup codes no longer work.
settings-disable-what-sessions = Your other sessions are signed out, and a mail tells you of the change.
settings-disable-code-hint = A code from your app, or a recovery code.
settings-disable-text-hint = The code from the text, or a recovery code.
settings-disable-recovery-hint = A recovery code.
settings-disable-required = Two-factor authentication is required here, so the last method stays. To change phones, set the new one up first; then remove the old one.
settings-keep-on = Keep it on

settings-new-codes = Make new backup codes?
settings-new-codes-left =
    { $left ->
        [0] None of your codes is left.
        [one] One of your codes is left.
       *[other] { $left } of your codes are left.
    }
settings-new-codes-what = The old codes stop working, used or not. Throw the old sheet away. The new ones are shown once.
settings-new-codes-made = Your new backup codes
settings-new-codes-old-die = The old codes no longer work.
settings-reveal-title = Reveal codes
settings-reveal-what = Make sure nobody looks over your shoulder. Each look is recorded, and a mail tells you of it.
settings-reveal-struck = Codes that are struck through are used.
settings-code-used = used { $day }
settings-sheet-number = Sheet { $number }
settings-check-title = Check a saved code
settings-check-what = Type one of your backup codes to learn whether it is good. It is not spent.
settings-check-code-label = Backup code
settings-check-button = Check
settings-check-good = This code is good: number { $number } on sheet { $sheet }. It was not spent.
settings-check-used = This code is number { $number } on sheet { $sheet } and was used on { $day }. It does not work again.
settings-check-old = This code is number { $number } on sheet { $sheet }, which you replaced. Throw that sheet away.
settings-check-unknown = This is not one of your codes.
settings-check-not-a-code = That is not a backup code. It should look like those on your sheet.
settings-check-mistyped = There is a typing slip in that code. Check it against your sheet and try again.
settings-recovery-used-title = You used a recovery code
settings-recovery-used =
    { $left ->
        [0] You used a recovery code. None is left.
        [one] You used a recovery code. 1 is left.
       *[other] You used a recovery code. { $left } are left.
    }
settings-recovery-used-why = Cross it off your sheet. Is your phone lost or new? Then set it up again now. Is your sheet running short? Make new codes.
settings-recovery-used-again = Set up two-factor authentication again

settings-mail-refused = We could not deliver mail to { $address } on { $day }: it was refused. Make sure that the mailbox is not full and takes our mail. If you cannot use it any more, contact { $support }: codes and notices go there.

settings-profile-title = Profile
settings-name = Name
settings-change-password = Change password
settings-set-password = Set a password
settings-password-what = A new password signs out your other sessions, and no device is trusted any more.
settings-current-password = Current password
settings-new-password = New password
settings-password-hint = At least { $least } characters. A few words in a row make a good one.

settings-sessions-title = Sessions
settings-sessions-what = Where you are signed in. End what you do not know, then change your password.
settings-signed-in = Signed in
settings-last-seen = Last seen
settings-by-password = with a password
settings-by-email-code = with an emailed code
settings-and-app = { $first } and an authenticator app
settings-and-key = { $first } and a security key
settings-and-text = { $first } and a text message
settings-and-recovery-code = { $first } and a recovery code
settings-this-device = This device
settings-end-session = End session
settings-end-session-on = End session on { $device }
settings-end-others = End all other sessions
settings-only-here = You are signed in nowhere else.
settings-sign-out-what = You need to sign in again to come back.
settings-sign-out-forget-what = This browser is then like any new one to us: signing in here asks for everything again.

settings-check-up = Security check-up
settings-check-up-count = { $count ->
    [one] 1 suggestion
   *[other] { $count } suggestions
}
settings-check-up-do = Do it
settings-check-up-do-about = Do it: { $what }
settings-check-up-not-now = Not now
settings-check-up-not-now-about = Not now: { $what }
settings-suggest-second-method = Add a second method
settings-suggest-second-method-why = With one method only, losing it leaves you nothing but your backup codes.
settings-suggest-only-texts = Set up an app or a security key
settings-suggest-only-texts-why = Codes come to you by text message only. Whoever takes over your number gets them; an app or a key stays with you.
settings-suggest-old-number = Confirm your phone number
settings-suggest-old-number-why = It was last confirmed over a year ago. Have a code sent to it, or change the number if it is no longer yours.
settings-suggest-few-codes = Make new backup codes
settings-suggest-few-codes-why = Few are left. Without codes and without your method you are locked out.
settings-suggest-old-codes = Make new backup codes
settings-suggest-old-codes-why = Yours are over a year old. Do you still know where they are?
settings-suggest-unseen-device = Look at your trusted devices
settings-suggest-unseen-device-why = One was not used for three months. Remove it if you no longer have it.
