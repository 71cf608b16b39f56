# Signing in.

continue = Continue
show = Show
sign-in-title = Sign in
sign-in-button = Sign in
sign-in-email = Email
sign-in-password = Password
sign-in-new-here = New here?
sign-in-create-account = Create an account
sign-in-forgot = Forgot your password?
sign-in-with-email-code = Send a code to my email address instead
