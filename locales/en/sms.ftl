sms-code-text = { $code } is your { $product } code. It is good for 5 minutes. Nobody from { $product } will ask you for it.
sms-code-text-short = { $code } is your { $product } code.
sms-number-replaced = Codes of { $product } no longer come to this number: another method took its place. If that was not you, sign in and look at Security.
