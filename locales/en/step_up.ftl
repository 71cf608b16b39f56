# Proving it again before a sensitive change.

step-up-title = Confirm that it is you
step-up-lead-code = To go on, open your authenticator app and type the code for { $product }, or type a recovery code.
step-up-lead-key = To go on, use your security key.
step-up-lead-key-or-code = To go on, use your security key, or type a code.
step-up-lead-app-code = To go on, open your authenticator app and type the code for { $product }.
step-up-lead-password = To go on, type your password.
step-up-lead-sent = To go on, show that it is you. We sent a code to { $address }.
step-up-lead-send = To go on, show that it is you. We send a code to { $address }.
step-up-code = Code
step-up-verify = Verify
step-up-send = Send a code
step-up-send-again = Send a new code
step-up-in-seconds =
    { $seconds ->
        [one] in 1 second
       *[other] in { $seconds } seconds
    }
step-up-delayed = Mail is slow right now. Your code comes as soon as it can.
step-up-wrong-password = That is not your password. Try again.
step-up-wrong-email-code = That code did not match. Use the newest mail, or ask for a new code.
step-up-signed-out-title = You are signed out
step-up-signed-out = There were five wrong codes or passwords in a row, so this session ended. Nothing was changed. Sign in to go on.
step-up-lead-text = To go on, use a code by text message.
step-up-other = Use another way
