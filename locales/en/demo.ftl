# The demo: a simulated phone, inbox and clock.

demo-title = Demo
demo-gallery-title = Gallery
demo-simulation = This page is a simulation: a phone, an inbox and a clock that exist only in this demo. Nothing here is real, and everything is thrown away unless you kept it with --data.
demo-start = Try it
demo-start-sign-up = Create an account with any address.
demo-start-code = Read the code in the inbox below and type it.
demo-start-enable = Turn on two-factor authentication on the Security page, and press “Scan the QR code that is shown” on the phone below.
demo-start-sign-in = Save the backup codes, sign out, and sign in again with a code from the phone.
demo-sign-up = Create an account
demo-sign-in = Sign in
demo-phone = Phone
demo-phone-explained = An authenticator app, and text messages to any number. While a QR code is on your screen, this phone can scan it; or paste the key or the otpauth address.
demo-phone-empty = No account yet. Turn on two-factor authentication, then scan.
demo-phone-left =
    { $seconds ->
        [one] 1 second left
       *[other] { $seconds } seconds left
    }
demo-phone-older = Older
demo-phone-remove = Remove
demo-phone-scan = Scan the QR code that is shown
demo-phone-key = Key or otpauth address
demo-phone-key-hint = Spaces do not matter.
demo-phone-add = Add by hand
demo-phone-nothing-to-scan = No QR code is shown right now. Start setting up an authenticator app first; a QR code is good for ten minutes.
demo-phone-unreadable = That is neither a key nor an otpauth address.
demo-texts = Text messages
demo-texts-empty = No text yet. Set up a phone number, and its code arrives here.
demo-inbox = Inbox
demo-inbox-explained = Every mail the demo sends, to any address, newest first.
demo-inbox-empty = No mail yet. Sign up, and the code arrives here.
demo-inbox-open-link = Open the link
demo-inbox-read = Read the mail
demo-inbox-html = Show it as HTML
demo-clock = Clock
demo-clock-explained = Move time forward to see what waits end. It never goes back.
demo-clock-30-seconds = 30 seconds
demo-clock-10-minutes = 10 minutes
demo-clock-1-day = 1 day
demo-accounts = Accounts that exist already
demo-accounts-explained = Sign in with the address and the password shown. All are in the organization Acme, the support agents and the instance’s administrator aside.
demo-accounts-has-app = On the phone
