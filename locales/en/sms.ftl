sms-code-text = { $code } is your { $product } code. It is good for 5 minutes. Nobody from { $product } will ask you for it.
sms-code-text-short = { $code } is your { $product } code.
sms-number-ended = Codes of { $product } no longer come to this number. If that was not you, sign in and look at Security.

sms-number-ended-application = Codes of { $product } no longer come to this number. If that was not you, tell { $product }.

# A code by text, wherever it is asked for.
text-code = Code
text-code-sent =
    We sent a code to { $to }. { $minutes ->
        [0] It is good for less than a minute more.
        [one] It is good for 1 minute more.
        [5] It is good for 5 minutes.
       *[other] It is good for { $minutes } minutes more.
    }
text-code-not-out = The text with your code did not get to { $to }.
text-code-dead = The code we sent to { $to } is no longer good: its 5 minutes are over, or it was tried too often.
text-code-none-sent = No code was sent to { $to }.
text-code-waits = We texted a code to { $to } a moment ago, for another sign-in or another step. It does not work here: this step needs a code of its own.
text-code-wait =
    { $seconds ->
        [one] A new code can be sent in 1 second.
       *[other] A new code can be sent in { $seconds } seconds.
    }
text-code-locked = Codes by text to { $to } have to wait, so none is sent now.
text-code-to-send = We will text a code to { $to }.
text-code-send = Send a code
text-code-again = Send a new code
text-code-wrong = That code did not match. Use the newest text from us, or send a new code.
text-code-too-old = There is no code to match any more. Send a new one.
text-code-unavailable = No texts can be sent from here to this number right now. Use another way.
text-code-delayed = Texts are delayed right now. Your code comes as soon as it can.
text-code-number = It went to { $to }. Is that the phone in your hand?
text-state-queued = The text is on its way.
text-state-accepted = The text was handed over to the provider.
text-state-sent = The text is on its way to your phone.
text-state-delivered = The text arrived at your phone.
text-state-refused = The text was refused: check the number, or use another method.
text-state-unknown = Nobody knows whether the text went out. If it does not come, send a new code.
text-state-expired = The text could not be sent in time. Send a new code.
text-state-look-again = See what became of it
text-not-arriving = Text not arriving?
text-not-arriving-signal = Your phone needs a signal and must not be in airplane mode. Abroad a text may take minutes.
text-not-arriving-blocked = Look among blocked and filtered messages. Some carriers block texts from services: ask yours to let them through.
text-not-arriving-newest = Only the newest code works. If two texts came, type the later one.
text-not-arriving-more = More about texts that do not arrive

# The form a number is typed into.
text-number-country = Country
text-number-country-code = { $country } (+{ $code })
text-number-label = Mobile number
text-number-hint = We text a code to it to see that it is yours. Your carrier may charge for texts.
text-number-verify = Verify phone number
text-number-not-of-country = That is not a whole number of { $country }. Check its digits; a number of another country begins with + and its country code.
text-number-known = This number is set up for your account already.
text-number-text = When you sign in, a code can come as a text message to this number.
text-use-for = Best if your phone is always near and you want simple set-up: any phone will do, and there is no app to install.
text-use-cons = But texts need cellular service and may fail abroad, and they are less secure: whoever takes over your number gets your codes.
text-use = Use text message
