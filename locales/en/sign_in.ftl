# Signing in.

continue = Continue
verify = Verify
enable = Enable
back = Back
show = Show
sign-in-title = Sign in
sign-in-signed-out = You are signed out.
sign-in-button = Sign in
sign-in-email = Email
sign-in-password = Password
sign-in-not-you = Not you?
sign-in-new-here = New here?
sign-in-create-account = Create an account
sign-in-forgot = Forgot your password?
sign-in-with-email-code = Send a code to my email address instead
sign-in-with-password = Use your password instead
sign-in-forgot-title = Forgot your password?
sign-in-forgot-text = We send a code to { $to }. With it you choose a new password.
sign-in-forgot-second-factor = If two-factor authentication is on, your second step is asked too, as always.
sign-in-too-many-title = Too many wrong tries
sign-in-too-many = This sign-in is over, because too many tries were wrong.
sign-in-too-many-wait =
    { $of ->
        [text] Codes by text message
        [both] Codes from an app or by text message
       *[app] Codes from an app
    } have to wait until { $until }.
sign-in-too-many-wait-use-code =
    { $of ->
        [text] Codes by text message
        [both] Codes from an app or by text message
       *[app] Codes from an app
    } have to wait until { $until }. A recovery code gets you in before that.
sign-in-too-many-off =
    { $of ->
        [text] Codes by text message
        [both] Codes from an app or by text message
       *[app] Codes from an app
    } are not accepted any more, because far too many were wrong. Ask { $support } for help.
sign-in-too-many-off-use-code =
    { $of ->
        [text] Codes by text message
        [both] Codes from an app or by text message
       *[app] Codes from an app
    } are not accepted any more, because far too many were wrong. Sign in with a recovery code, then they are again.
sign-in-too-many-codes-wait = Recovery codes have to wait until { $until }.
sign-in-too-many-clock = Check that your phone’s time is set to automatic, then start again.
sign-in-too-many-not-you = If some of these tries were not yours, somebody may know your password or read your mail. Once you are in, look at { $settings } → Activity, and change your password if you have one.

mailed-code-title = Check your mail
mailed-code-sent = We sent a code to { $to }. It is good for 10 minutes.
mailed-code-to-send = We send a code to { $to }.
mailed-code-code = Code
mailed-code-send = Send a code
mailed-code-again = Send a new code
mailed-code-wait =
    { $seconds ->
        [one] possible in 1 second
       *[other] possible in { $seconds } seconds
    }
mailed-code-wrong = That code did not match. Use the newest mail from us, or send a new code.
mailed-code-too-old = There is no code to match any more. Send a new one.
mailed-code-delayed = Mail is delayed at the moment: your code is on its way and we keep trying. It may take a few minutes.
mailed-code-not-set-up = Mail is not set up on this server yet: your code waits until it is.
mailed-code-not-there = Mail not arriving?
mailed-code-look = Look in the spam folder too. Codes go only to addresses that can sign in here, so check that yours is spelled right.
mailed-code-look-own = Look in the spam folder too, and check that the address is spelled right.
mailed-code-newest = Only the newest code works.

mailbox-title = Prove your mailbox
mailbox-why-enrolment = Before two-factor authentication is set up we make sure that it is you: with a code from your mailbox.
mailbox-why-new-password = You are asked to set a new password. First we make sure that it is you: with a code from your mailbox.
mailbox-why-more-tries = A code from your mailbox gives you five more tries.
mailbox-offer = If it is really you:
mailbox-offer-link = prove your mailbox for five more tries

second-factor-title = Enter your code
second-factor-open = Open your authenticator app and type the 6-digit code for { $product }.
second-factor-open-named = Open your authenticator app “{ $app }” and type the 6-digit code for { $product }.
second-factor-use-named = Use “{ $app }” instead
second-factor-use-other = Use your other authenticator app instead
second-factor-use-recovery = Use a recovery code
second-factor-lost = Lost your phone?
second-factor-back = Use your authenticator app

recovery-code-title = Use a recovery code
recovery-code-text = Type one of the backup codes you saved when you turned two-factor authentication on. Each works once.
recovery-code-label = Recovery code
recovery-code-hint = Upper or lower case, with or without dashes.
recovery-code-none = No codes either?
recovery-code-wrong = That recovery code did not match. Each works once, and only those of your newest sheet. Try another one.

lost-phone-text = You can still get in:
lost-phone-code = With one of the backup codes you saved:
lost-phone-other = If your authenticator app also runs on another device, take the code from there.
lost-key-other = With another method you set up: it is below.
lost-phone-ask = Without your methods and codes, ask { $support } to reset your two-factor authentication. After that you sign in, prove your mailbox, and set it up again.
lost-phone-contact = Contact Us
lost-phone-stolen = If somebody may have taken it: once you are in, set up a new method in { $settings } → Security, then remove the old one and tick “It was lost or stolen”. It is then never accepted again.

new-password-title = Choose a new password
new-password-text = Your old password stops working, and you are signed out everywhere else.
new-password-label = New password
new-password-hint = At least { $least } characters. A few words in a row make a good one.
new-password-button = Set new password

enroll-steps = Step { $at } of 3
enroll-why-instance = { $product } requires two-factor authentication: after signing in you also give a second proof, such as a code from your phone, so nobody gets in with your password or mailbox alone. Set it up now, then go on.
enroll-why-reset = Your two-factor authentication was reset. Set it up again now, then go on; your old methods no longer work.
enroll-is-on = { $label } is on.

second-factor-trust =
    { $days ->
        [one] Trust this device for one day
       *[other] Trust this device for { $days } days
    }
second-factor-trust-hint = Only on a device that is yours alone. Signing in here then takes no second step; changes of your account still ask for one.
second-factor-shared = This is a shared computer
second-factor-shared-hint = Otherwise signing in here takes no second step again until you sign out and forget this device.

sign-in-key-title = Use your security key
sign-in-key-text = Plug in your security key, or have your phone or computer ready, and touch it when the browser asks.
sign-in-key-lost = Lost your security key?
second-factor-use-app = Use a code from your authenticator app instead
second-factor-use-key = Use your security key
second-factor-use-text = Use a text message instead ({ $number })
second-factor-text-other = Send a code to { $number } instead
lost-phone-number = If you have a new phone or SIM card with your old number, the text with your code comes there. Your carrier can move the number to a new card.
