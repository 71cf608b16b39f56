# The frame of every page, and what is said when something is refused or fails.

skip-to-content = Skip to the content
your-account = Your account
help = Help
sign-out = Sign out
sign-out-forget = Sign out and forget this device
settings-tabs = Settings
settings-tab-profile = Profile
settings-tab-security = Security
settings-tab-sessions = Sessions
settings-tab-activity = Activity
appearance = Appearance
appearance-system = As the device
appearance-light = Light
appearance-dark = Dark
error-request = Request { $request }
error-method-title = This address cannot be used like that
error-method = A form or a program sent something to an address that takes nothing of the kind. Nothing was changed. Go to the start page and follow the links there.
error-title = That did not work
start-again = Start again
unreadable-form-title = That form could not be read
unreadable-form = Something in the form was missing, too long, or sent twice. Go back, load the page again, and fill it in once more.
back-to-start = Go to the start page

refusal-invalid-code = That code did not match. Codes change every 30 seconds: try the next one.
refusal-invalid-code-title = The code did not match
refusal-invalid-mailed-code = That code did not match, or it is no longer good. Check the newest mail, or ask for a new code.
refusal-invalid-texted-code = That code did not match. It is in the text we sent last; if none came, have a new one sent.
refusal-invalid-app-or-texted-code = That code did not match. If it is from your app, wait for the next one: they change every 30 seconds. If it came by text, type the one of the text we sent last, or have a new one sent.
refusal-texted-code-over = The code we texted is no longer good: it ran out, was used, or had too many wrong tries. Have a new one sent.
refusal-clock-drift =
    { $minutes ->
        [one] Your phone’s clock is about 1 minute slow. Set it to automatic, then try the next code.
       *[other] Your phone’s clock is about { $minutes } minutes slow. Set it to automatic, then try the next code.
    }
refusal-mistyped = There is a typing slip in that recovery code. Check it against your sheet and try again; this did not count as a try.
refusal-mistyped-title = The code has a typing slip
refusal-invalid-credentials = Email and password do not belong together. Check both and try again.
refusal-invalid-credentials-title = The credentials did not match
refusal-locked = Too many tries. Try again at { $until }.
refusal-locked-use-code = Too many tries. Try again at { $until }, or use a recovery code.
refusal-locked-off = Far too many tries. Codes from an app or by text message are not accepted any more; ask whoever looks after your account for help.
refusal-locked-off-use-code = Far too many tries. Codes from an app or by text message are not accepted any more. Use a recovery code, then they are again.
refusal-locked-title = Too many tries
refusal-sign-in-expired = This sign-in is over: it took longer than ten minutes, was finished elsewhere, or too many codes were wrong, in it or in another sign-in. Start again.
refusal-sign-in-expired-title = The sign-in is over
refusal-wrong-step = This page belongs to another step of your sign-in. Start again.
refusal-wrong-step-title = Not the step the sign-in is at
refusal-signed-out = You are signed out. Sign in to go on.
refusal-signed-out-title = Not signed in
refusal-step-up-required = Prove that it is you before this change.
refusal-step-up-required-title = A recent proof of a factor is required
refusal-prove-by-another = To say that it was lost or stolen, prove first that it is you with a recovery code, or with another method that you have had for more than three days.
refusal-prove-by-another-title = Another method has to prove it
refusal-frozen = This account is frozen. Nothing can be done with it until whoever froze it opens it again.
refusal-frozen-by-owner = This account is frozen, because somebody chose “This was not me” in a mail about it. Its owner opens it again by signing in: with a code from before that, a code from the mailbox, and where need be a new password.
refusal-frozen-title = The account is frozen
refusal-not-found = There is nothing here, or it is not yours.
refusal-not-found-title = Not found
refusal-already-exists = There is one already.
refusal-already-exists-title = It exists already
refusal-resend-too-soon =
    { $seconds ->
        [one] A code was sent a moment ago. You can ask for a new one in 1 second.
       *[other] A code was sent a moment ago. You can ask for a new one in { $seconds } seconds.
    }
refusal-resend-too-soon-title = Too soon for a new code
refusal-too-many-requests = That was asked too often. Try again at { $until }.
refusal-too-many-requests-title = Too many requests
refusal-invalid-email = That is not an email address. It should look like ann@example.org.
refusal-invalid-email-title = Not an email address
refusal-not-a-backup-code = That is not a backup code. It should look like those on your sheet.
refusal-not-a-backup-code-title = Not a backup code
refusal-too-long = That is too long.
refusal-too-long-most = That is too long: at most { $most } characters fit.
refusal-too-long-title = Too long
refusal-too-short = That password is too short. Add a word or two.
refusal-too-short-title = Too short
refusal-too-easy = That password is among the first that are guessed. Choose one that says nothing about you.
refusal-too-easy-title = Too easy to guess
refusal-sms-limit = No text can be sent right now. Use another way, or try again later.
refusal-texts-unanswered = None of the last codes we texted to this number was entered, so it gets one text a day for now. Use another way, and see what to do about texts that do not arrive.
refusal-sms-limit-title = No more texts for now
refusal-invalid-number = That is not a whole phone number. Check its digits; with its country code it looks like +49 1512 3456789.
refusal-invalid-number-title = Not a phone number
refusal-not-mobile = That number does not get text messages. Use the number of a mobile phone.
refusal-not-mobile-title = Not a mobile number
refusal-country-not-allowed = No texts are sent to that country from here. Use another number, or another method.
refusal-country-not-allowed-title = Country not allowed
refusal-not-new = That is the password you already have. Choose another one.
refusal-not-new-title = Not a new password
refusal-too-many-factors = You have as many methods as an account can hold. Remove one first.
refusal-too-many-factors-title = Too many methods
refusal-sign-up-closed = Signing up is by invitation. Ask whoever runs this service for one.
refusal-sign-up-closed-title = Sign-up is closed
refusal-key-not-accepted = That did not work. Try again with your security key, or use another way.
refusal-key-not-accepted-title = The security key was not accepted
refusal-kind-unavailable = This kind of method cannot be set up here.
refusal-kind-unavailable-title = This kind of method is not offered
refusal-trust-disabled = No device is trusted here: the second factor is asked at every sign-in.
refusal-trust-disabled-title = Devices are not trusted
refusal-reveal-disabled = Codes cannot be shown again here. Make new ones instead.
refusal-reveal-disabled-title = Codes cannot be shown
refusal-still-required = Two-factor authentication is required here, so the last method stays.
refusal-still-required-title = Two-factor authentication is required
refusal-last-factor = This is your last method. To be without one, turn two-factor authentication off.
refusal-last-factor-title = The last method stays
refusal-missing = Fill this in.
refusal-missing-title = A field is missing
refusal-invalid = That value is not one that is understood here.
refusal-invalid-title = A value is not understood
refusal-foreign-origin = This request came from another site and was not carried out.
refusal-foreign-origin-title = Request from another site
refusal-missing-scope = This API key may not do that.
refusal-missing-scope-title = The key lacks a scope
refusal-no-factor = Two-factor authentication is off for this account.
refusal-no-factor-title = No second factor

fault-overloaded = There is too much to do right now. Nothing was changed; try again in a few seconds. (Request { $request })
fault-overloaded-title = Overloaded
fault-unavailable = The database cannot be reached right now. Nothing was changed; try again in a few seconds. (Request { $request })
fault-unavailable-title = Unavailable
fault-internal = Something went wrong on our side and was written down. Nothing was changed. (Request { $request })
fault-internal-title = Internal error

when-exact = { $day }, { $time } UTC
when-now = just now
when-minutes =
    { $count ->
        [one] 1 minute ago
       *[other] { $count } minutes ago
    }
when-today = today
when-yesterday = yesterday
when-days = { $count } days ago
