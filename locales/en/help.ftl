# Help. Every text may use $product, $settings, $heading, $enable, $disable (the instance's own labels) and $support.
# For a page: -title is the person's question, -words what else it is found by when somebody searches.

help-title = Help
help-search-label = What are you looking for?
help-search = Search
help-all = All questions
help-found = { $count ->
        [one] 1 page for “{ $query }”
       *[other] { $count } pages for “{ $query }”
    }
help-found-nothing = Nothing was found for “{ $query }”. Try one word, such as “phone” or “code”, or choose a question below.
help-related = Related
help-back = All help pages
help-developers-api = For developers: every call of the API
help-developers = For developers: what the errors of the API mean
help-contact = Contact Us
help-updated = Last updated { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }
help-app-recommended = Recommended
help-app-android = Android
help-app-ios = iPhone and iPad
help-app-windows = Windows

help-what-is-it-title = What is two-factor authentication and why?
help-what-is-it-words = 2FA, two-step verification, two step authentication, 2-step, 2 factor, MFA, multi-factor, second factor, security, explain, meaning
help-what-second-proof = When you sign in to { $product } you show that it is you: with your password, or with a code sent to your email address. Two-factor authentication asks for a second proof of another kind, such as a code from your phone. People also call it 2FA, two-step verification or MFA.
help-what-why = Passwords are guessed, used twice and stolen, and mailboxes are broken into. With two-factor authentication somebody who has your password, or reads your mail, still does not get in: they would need your phone as well.
help-what-every-day-heading = What it means day to day
help-what-every-day = After the first step you open your authenticator app and type the 6 digits it shows for { $product }. That takes a few seconds, and you need your phone when you sign in. For the day you do not have it, you keep a sheet of backup codes.
help-what-where = To turn it on, open the menu at the top right, choose “{ $settings }”, then “Security”, and there “{ $enable }”.
help-what-required = Here everybody has to have it: { $product } leads you through the set-up when you sign in.

help-which-method-title = Which method?
help-which-method-words = choose, app, apps, authenticator, Google Authenticator, Microsoft Authenticator, Authy, Duo Mobile, 1Password, TOTP, security key, passkey, YubiKey, FIDO, WebAuthn, hardware key, fingerprint, text message, SMS, compare, best, recommended
help-method-app-heading = Authenticator app
help-method-app = An app on your phone that shows a new 6-digit code every 30 seconds. You scan a QR code once; from then on the app works by itself.
help-method-app-offline = It works without a signal, abroad and in airplane mode.
help-method-app-many = One app does for all services that offer two-factor authentication.
help-method-app-install = It takes a few minutes to install and set up, and a lost phone takes its codes with it: that is what backup codes are for.
help-method-app-several = You can set up several, for example on your phone and on a tablet, and choose which one is asked first.
help-method-app-which = Any app for time-based codes (TOTP) works. Some of them:
help-method-key-heading = Security key
help-method-key = A small device for the USB port or to hold to your phone, or the passkey of your phone or computer, which you open by fingerprint, face or PIN. You touch it instead of typing a code.
help-method-key-safe = It is the safest method: it answers only to the true address of { $product }, so a false page gets nothing out of you.
help-method-key-needs = Each device you sign in on needs a way to the key, and a lost key is lost. Set up a second method, or keep your backup codes at hand.
help-method-text-heading = Text message
help-method-text = A 6-digit code comes to your phone each time you sign in. Any phone will do, there is no app to install, and a new phone with your old number needs nothing at all.
help-method-text-honest = To be honest about it: a text needs a signal and may fail abroad, and whoever takes over your number gets your codes. An app or a security key is safer.
help-method-codes-heading = Backup codes
help-method-codes = A sheet of codes you get when you turn two-factor authentication on. On the sign-in page they are called recovery codes. Each one stands in for your app once. They are not a method of their own but your way in when the phone is lost, broken or empty.
help-method-codes-care = To be honest about them: anybody who finds your sheet has your second proof, and a used code is gone for good. Keep them as you keep a spare key, and make new ones before the last is used.
help-method-limits-heading = What an app cannot do
help-method-limits = A code can be talked out of you. Somebody who shows you a copy of the sign-in page, or calls and asks for the code, can use it at once. Type codes only on the page whose address you know, and tell them to nobody: no one at { $product } ever asks for one.

help-code-not-working-title = Code not working?
help-code-not-working-words = verification code, 6 digits, six digit, invalid, wrong, does not match, incorrect, refused, expired, error, clock, time, sync, locked, too many tries, email code not arriving
help-code-first = Most codes that are refused are refused for one of these reasons:
help-code-next = The code had just changed. Codes change every 30 seconds, and each works once: wait for the next one and type that.
help-code-clock = Your phone’s clock is off. Then every code is wrong, however carefully you type it. See below.
help-code-account = It is the code of another account. If your app shows several, look for the name { $product } and your email address.
help-code-newest = You scanned a QR code twice. Only the newest entry in your app works; delete the older one once you have signed in with the new one.
help-code-spaces = Spaces do not matter: “123 456” and “123456” are the same.
help-code-clock-heading = Setting the phone’s clock
help-code-clock-how = The codes come from the time. If we can see that a code belongs to an earlier minute, we tell you by how many minutes your clock is slow, but for your safety an old code never counts. Set the time to automatic:
help-code-clock-android = Android: Settings, System, Date and time, “Set time automatically”.
help-code-clock-ios = iPhone and iPad: Settings, General, Date & Time, “Set Automatically”.
help-code-wait-heading = “Too many tries”
help-code-wait = After several wrong codes in a row you have to wait, each time longer, so that nobody can try them all. The page says until when. Until then a right code of an app or by text is not looked at either, but it is not used up. A security key or a recovery code still works meanwhile.
help-code-deleted-heading = The account is gone from your app
help-code-deleted = Sign in with a recovery code, then set the app up anew: open the menu at the top right, choose “{ $settings }”, then “Security”.
help-code-mailed-heading = The code in an email does not arrive or does not work
help-code-mailed = Look in the spam folder, and check the address on the sign-in page. A code is good for 10 minutes and only in the browser where you asked for it; a new one makes the one before worthless. If you asked for several, type the newest.
help-code-texted = A code by text is good for 5 minutes and only on the page where you asked for it. See “Text not arriving?”.

help-text-not-arriving-title = Text not arriving?
help-text-not-arriving-words = SMS, text message, no text, no code, text code, not received, delayed, phone number, mobile number, carrier, roaming, blocked, short code, resend
help-text-none = { $product } sends no codes by text message. The rest of this page is for services that do.
help-text-first = Most texts that do not come are held up by one of these:
help-text-signal = Your phone has no signal, is in airplane mode, or uses WiFi only. Texts come over the phone network.
help-text-number = It went to another number. The page shows the last digits of the number it used, and the whole of it while you set it up.
help-text-blocked = Your phone or your carrier put it among blocked or unknown messages. Look there, and ask your carrier to let texts from services through.
help-text-abroad = You are abroad. Texts then take longer, and some do not come at all.
help-text-newest = Two texts are under way. Only the newest code works, for 5 minutes.
help-text-state-heading = What we know about your text
help-text-state = Below “Text not arriving?” the page says how far your text has come: whether it was handed over, is on its way to your phone, arrived there, was refused or came too late to be sent, or whether nobody knows. “See what became of it” shows what is new.
help-text-wait = You can ask for a new code after one minute. There are limits to how many texts a number gets in an hour and in a day, so that nobody can pester you with them. When many in a row were not entered, the number gets one a day until one is.
help-text-otherwise-heading = If none comes
help-text-otherwise = Use another method if you have one, or a recovery code: the links are on the same page.
help-text-changed = Is the number no longer yours? Sign in another way, then change it: menu at the top right, “{ $settings }”, “Security”, “Change number”. The old one counts until the new one is proven.
help-lost-phone-title = I lost my phone
help-lost-phone-words = lost key, lost security key, phone, mobile, cell phone, smartphone, stolen, broken, missing, empty battery, forgot phone, no phone, device lost, lost my device, cannot get a code, recovery code
help-phone-calm = Your account stays yours: whoever has the phone still needs your password or your mailbox. This is how you get back in:
help-phone-sign-in = Sign in as always. When your code is asked, choose “Use a recovery code”.
help-phone-use-code = Type one of your backup codes. Each works once; strike it through on your sheet.
help-phone-new-app = When you have a new phone, set up two-factor authentication again: menu at the top right, “{ $settings }”, “Security”.
help-phone-remove = Remove the app of the lost phone there, with the tick “It was lost or stolen”, so that its codes never work again.
help-phone-new-codes = Make new backup codes and keep them somewhere safe.
help-phone-other-app = If you set up a second app on another device, use its code instead.
help-phone-key = A lost security key is the same story: another method or a backup code lets you in, then remove the key as you would an app.
help-phone-number = If your codes come by text, ask your carrier to block the lost SIM card and to move your number to a new one. Then they come to you again, and to nobody else.
help-phone-stolen = If the phone was stolen, also change your password, and end the sessions you do not know: “{ $settings }”, “Sessions”.
help-phone-no-codes = No backup codes either? See “I lost my codes too”.

help-not-me-title = This was not me
help-not-me-words = hacked, stolen account, somebody changed, not me, strange mail, strange sign-in, frozen, freeze, unfreeze, thaw, undo, blocked account, takeover
help-not-me-what = A mail about something that let somebody in, or changed how you sign in, has a link “This was not me”, good for 72 hours. Its page has one button, which freezes your account: whoever signed in since is signed out, and nobody can do anything with it until you open it again.
help-not-me-looking = Opening the link changes nothing, so look first if you are not sure. A mail without the link has nothing to freeze, or is about an account that others look after: it says whom to contact.
help-not-me-back-heading = Opening your account again
help-not-me-sign-in = Sign in as always. If your password does not work any more, choose “Forgot your password?”.
help-not-me-code = Use what counted before the event: your authenticator app, a text to your number or your security key, as they were then, or a backup code of the sheet you had then.
help-not-me-mailbox = Type a code that is sent to your mailbox.
help-not-me-password = Choose a new password, if you are asked for one.
help-not-me-then = Then your methods are as they were before, and what came since is gone.
help-not-me-stuck-heading = You have none of that any more
help-not-me-stuck = Then only { $support } can help: they make sure that it is you and reset two-factor authentication for your account.
help-lost-codes-title = I lost my codes too
help-lost-codes-words = locked out, no backup codes, no recovery codes, lost everything, contact, support, help, administrator, reset, cannot sign in, restore access
help-codes-lost-look = Look in these places first; it is quicker than anything else:
help-codes-lost-manager = your password manager, by the name { $product };
help-codes-lost-paper = your printouts and downloads: the file has “backup codes” in its name;
help-codes-lost-signed-in = a computer where you are still signed in: “{ $settings }”, “Security” lists your methods there, and perhaps one you forgot, such as a phone number or the passkey of another device;
help-codes-lost-second-app = a tablet or an old phone that has the authenticator app too. An app with its own backup can bring your accounts back on a new phone.
help-codes-lost-ask-heading = Otherwise ask for a reset
help-codes-lost-ask = Only { $support } can help now. They make sure that it is you and then reset two-factor authentication for your account.
help-codes-lost-no-page = Ask in a way in which they know you: in person, or by a call to a number you both know.
help-codes-lost-after = After a reset your old app and codes no longer work and all your sessions are over. You get an email about it. When you sign in next, you prove that your mailbox is yours and set up two-factor authentication again.
help-codes-lost-trick = There is no other way in, and that is on purpose: whatever would let you in without a second proof would let others in as well. A new password does not skip the second step either.

help-changing-phone-title = Changing phone
help-changing-phone-words = phone, mobile, new phone, switch phone, replace, move, transfer, migrate, upgrade, another phone, new device, scan again, new QR code
help-change-before = Do this while you still have the old phone; it takes two minutes.
help-change-both-heading = You have both phones
help-change-open = Install an authenticator app on the new phone. On { $product } open the menu at the top right, choose “{ $settings }”, then “Security”.
help-change-scan = Choose “Move to a new phone”, or “Scan a new QR code” in the menu beside the app it is about, and scan the code with the new phone.
help-change-prove = Type the code the new phone shows. From then on it is the one that counts.
help-change-old = Delete the account from the app on the old phone, before you sell it or give it away.
help-change-safe = Until you have typed that code nothing changes: your old app goes on working, and you can stop at any time.
help-change-number = Codes by text go where your number goes. If the number changes too, choose “Change number” in the menu beside it.
help-change-gone-heading = The old phone is gone already
help-change-gone = Sign in with a recovery code, then do the same steps. See “I lost my phone”.
help-change-backup-heading = Good to have at hand
help-change-backup = Your backup codes. Note where they are before you switch; if something goes wrong on the way, one of them lets you in.

help-backup-codes-title = Backup codes
help-backup-codes-words = recovery code, recovery codes, backup code, emergency codes, one-time codes, sheet, print, download, new codes, how many left, reveal
help-backup-what = Backup codes let you in without your phone. You get a sheet of them when you turn two-factor authentication on. The sign-in page calls them recovery codes.
help-backup-once = Each works once. Strike it through on your sheet after you used it; the next one you take can be any other.
help-backup-sheet = Each sheet has a number and a date. New codes are a new sheet, and the codes of the old one no longer work.
help-backup-slip = The last character of a code is a check. If you mistype one, we tell you, and it does not count as a try.
help-backup-letters = Capitals and dashes do not matter, and there is no letter O, I or L: those are read as the digits 0 and 1.
help-backup-keep-heading = Where to keep them
help-backup-keep = In a password manager or on paper, not on the phone or with the security key you sign in with, for you will need them when that is gone.
help-backup-more-heading = When few are left
help-backup-more = Under “{ $settings }”, “Security” you see how many are left and can choose “Make new codes” at any time. After you used one, we tell you by email.
help-backup-reveal = “Reveal codes” shows your sheet again, with the used ones struck through. Each time it is shown, you get an email.
help-backup-no-reveal = A sheet is shown once, when it is made. If you lost it, make a new one.
help-backup-check-heading = Is my sheet still good?
help-backup-check = Choose “Check a code” on the same page and type one: it tells you whether the code is good and which sheet it is from, and does not use it up.

help-turning-off-title = How do I turn it off?
help-turning-off-words = disable, deactivate, remove, switch off, stop, turn off two-factor, without code
help-off-required = Two-factor authentication is required on { $product }, so your last method stays. You can replace it at any time.
help-off-think = Turning it off makes your account less secure: your password, or your mailbox, is then all that anybody needs. Only do it if you must.
help-off-how = Open the menu at the top right, choose “{ $settings }”, then “Security”, and there “{ $disable }”. You confirm it with a code from your app or a text, with your security key or with a backup code. No code at hand? See “I lost my phone”.
help-off-after = When it goes off, all your methods and backup codes stop working, your other sessions are signed out, and you get an email.
help-off-instead = If it is about a new phone or another app, you need not turn it off: scan a new QR code instead.

help-trusted-devices-title = Trusted devices
help-trusted-devices-words = trust, trust this device, remember me, remember this device, known device, why no code, code not asked, shared computer, public computer, forget device, 30 days
help-trust-none = { $product } asks for the second step at every sign-in, and trusts no device. The rest of this page is for services that do.
help-trust-what = On a trusted device signing in takes no second step: your password, or a code sent by email, is enough there. So trust only a device that is yours alone.
help-trust-tick = To trust one, tick “Trust this device” when you sign in on it. It is trusted for as long as it says there; using it does not make that longer.
help-trust-until = A device on which you passed the second step is trusted, until you choose “Sign out and forget this device” there. On a computer that others use too, tick “This is a shared computer” when you sign in.
help-trust-session = A device on which you passed the second step is trusted, until your session there ends by itself.
help-trust-known = A device that is only known, because you signed in on it before, still asks. You just get no mail about it.
help-trust-asked-heading = When the second step is asked all the same
help-trust-asked-change = Before you change something about your account, or look at your backup codes.
help-trust-asked-forgotten = After “Forgot your password?”, and while you open a frozen account again.
help-trust-ends-heading = What ends the trust
help-trust-ends-all = A new password, a change of your methods, a reset and “This was not me”: on all your devices at once.
help-trust-ends-one = “Remove” in the list below “{ $settings }”, “Security”: on that device.
help-trust-ends-here = “Sign out and forget this device” in the menu at the top right, or clearing the cookies of the browser: where you sit.
help-trust-lost-heading = A trusted device is lost or sold
help-trust-lost = Remove it from the list, and end its session below “{ $settings }”, “Sessions”. Until then whoever has it still needs your password or your mailbox.

help-key-not-working-title = The security key does not work
help-key-not-working-words = security key, passkey, passkeys, YubiKey, FIDO, FIDO2, WebAuthn, USB, NFC, Bluetooth, fingerprint, PIN, not recognized, not working, refused, touch, JavaScript
help-key-none = { $product } takes no security keys. The rest of this page is for services that do.
help-key-touch = Touch the key when the browser asks for it, not before, and within five minutes. “Use your security key” asks anew, as often as you like.
help-key-device = It may be another key, or a passkey of another device: only those listed below “{ $settings }”, “Security” work.
help-key-phone = A passkey on your phone: let the browser show a QR code, scan it with the phone, and have Bluetooth on in both.
help-key-address = Look at the address. A key answers only to the true address of { $product }; where it stays silent, the page may be a false one.
help-key-browser = Keys need JavaScript and a browser from 2025 or later. Try another browser, or another USB port.
help-key-two-heading = “There may be two of it”
help-key-two = A key counts its uses. When its count goes back, there may be a copy, so it is not accepted. If you restored it from a backup, remove it below “{ $settings }”, “Security” and set it up again. If you do not know why there should be two, remove it, end your sessions and change your password.
help-key-otherwise-heading = To get in without it
help-key-otherwise = Use another method or a recovery code: the links are below the button. See “I lost my phone” if the key is gone.

help-good-habits-title = Good habits
help-good-habits-words = tips, advice, safe, security, phishing, scam, share, password manager, review, best practice
help-habits-carry = Set the app up on a device that you always have with you.
help-habits-lock = Do not share that device, and lock its screen with a PIN or your fingerprint.
help-habits-codes = Keep your backup codes in a password manager or on paper, never only on the device that has the app.
help-habits-two = Set up a second app on another device if you have one; then a lost phone is a nuisance and no more.
help-habits-tell = Tell codes to nobody, not on the phone and not in a chat. No one at { $product } ever asks for one.
help-habits-address = Look at the address before you type a code. Come by your own bookmark rather than by a link in a mail.
help-habits-review = Now and then look at “{ $settings }”, “Security” and “Sessions”: are the methods yours, are there enough codes, do you know every device?
help-habits-mail = Read our mails about changes. If you did not make a change, act at once: the mail says how.

help-errors-title = Errors of the API
help-errors-intro = A refused call answers with a problem document (RFC 9457, application/problem+json). Its member “code” is one of the words below and never changes; “detail” tells what happened this time, in the caller’s language; “errors” names the fields to blame. On the statuses 429 and 503 “retry_after” and the header Retry-After say after how many seconds to try again.
help-error-malformed-body-title = The body is not what it says it is
help-error-malformed-body = The body could not be read: broken JSON, or something after the end.
help-error-invalid-request-title = The request does not have the right shape
help-error-invalid-request = A field is missing, unknown, there twice, or of another type; “errors” names it and says which.
help-error-unknown-field-title = A field is not known
help-error-unknown-field = There is no field of that name here. Look for a typing slip.
help-error-missing-field-title = A field is missing
help-error-missing-field = The field named has to be there.
help-error-duplicate-field-title = A field is there twice
help-error-duplicate-field = The field named stands in the body or the query more than once; send it once.
help-error-wrong-type-title = A field has another type
help-error-wrong-type = The field named holds, say, a text where a number belongs.
help-error-invalid-value-title = A value is none of those there are
help-error-invalid-value = The field named takes certain words or numbers only, and this is none of them.
help-error-body-too-large-title = The body is too large
help-error-body-too-large = A request body may have 64 KiB.
help-error-method-not-allowed-title = The path has no such method
help-error-method-not-allowed = This path is not called with that method; the header Allow names those it has.
help-error-unsupported-media-type-title = The body has another type
help-error-unsupported-media-type = Send JSON, with the header Content-Type: application/json.
