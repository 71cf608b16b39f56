# What proves that it is you, on the pages of signing in and of the settings.

copy = Copy
copied = Copied
download = Download
print = Print
done = Done
date-day =
    { $month ->
        [1] { $day } Jan { $year }
        [2] { $day } Feb { $year }
        [3] { $day } Mar { $year }
        [4] { $day } Apr { $year }
        [5] { $day } May { $year }
        [6] { $day } Jun { $year }
        [7] { $day } Jul { $year }
        [8] { $day } Aug { $year }
        [9] { $day } Sep { $year }
        [10] { $day } Oct { $year }
        [11] { $day } Nov { $year }
       *[other] { $day } Dec { $year }
    }

totp-platform-android = Android
totp-platform-ios = iPhone and iPad
totp-platform-windows = Windows
totp-recommended = Recommended
totp-open-or-install = Open your authenticator app, or install one first and make sure it opens.
totp-any-app = Any app that shows six-digit codes will do.
totp-then-scan = In it choose + (add account), then Scan QR code (in Google Authenticator: +, Scan a QR code); the account appears by itself.
totp-qr = QR code
totp-cannot-scan = Can’t scan? Type this key:
totp-open-in-app = Open in my app
totp-do-not-delete = Do not delete this account from your app: you would lose your codes. This QR code is shown once; to scan again, start over: nothing changes until the first code of the new app is accepted.
totp-code = Code
totp-type-code = Type the 6-digit code your app shows now.
totp-not-working = Code not working?
totp-not-working-time = Set your phone’s time to automatic.
totp-not-working-next = Codes change every 30 seconds: try the next one.
totp-not-working-scan = If none matches, delete this account in the app, go back a step and scan the QR code again.
totp-not-working-recovery = Use a recovery code, then scan a new QR code in Settings.

backup-codes-heading = Backup codes
backup-codes-sheet = Sheet { $number }, made { $day }
backup-codes-file-heading = { $product } backup codes, sheet { $number }, made { $day }. Each works once.
backup-codes-file-heading-of = { $product } backup codes, sheet { $number }, of { $whose }, made { $day }. Each works once.
backup-codes-save = Save these now in a password manager or on paper, not on the phone or with the security key you sign in with. Each works once. Without that phone or key and without a code you are locked out until { $support } helps.
backup-codes-saved = I saved these codes
backup-codes-tick = Save the codes first, then tick this box.

key-use = Use your security key
key-unsupported = This browser cannot use security keys. Use another browser or another way.
key-cancelled = The security key was not asked to the end. Try again, and touch it when the browser says so.
key-again = That security key is set up for your account already.
key-failed = That did not work. Load the page again and try once more.
key-needs-scripts = Security keys need JavaScript, which is off in this browser.
