"""Who calls what, for Schemathesis: an application's key, somebody's session, or a sign-in under way.

Sessions and sign-ins come from the API itself, by password, and are renewed when a test ended them.
"""

import json
import os
import urllib.error
import urllib.request

import schemathesis

URL = os.environ["TWINLOCK_URL"]
KEY = os.environ["TWINLOCK_KEY"]
PASSWORD = "seven wooden kettles sing"


def ask(method, path, token=None, body=None):
    """One call; its status and its body."""
    request = urllib.request.Request(f"{URL}/api/v1{path}", method=method)
    # From another network than the tests, whose wrong passwords make theirs wait.
    request.add_header("X-Forwarded-For", "192.0.2.10")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    data = None
    if body is not None:
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")


class People:
    """People whose tokens the calls carry, one after the other: an account that tests locked or changed gives way to a new one."""

    def __init__(self):
        self.number = 0
        self.email = None
        self.session = None
        self.sign_in = None

    def somebody_new(self):
        self.number += 1
        self.email = f"person-{os.getpid()}-{self.number}@example.org"
        body = {"email": self.email, "name": "Ann", "password": PASSWORD, "email_verified": True}
        status, answer = ask("POST", "/accounts", KEY, body)
        assert status == 201, answer

    def begun(self):
        status, answer = ask("POST", "/sign-in", None, {"email": self.email})
        assert status == 201, answer
        return answer["id"], answer["token"]

    def signed_in(self):
        id, token = self.begun()
        status, answer = ask("POST", f"/sign-in/{id}/password", token, {"password": PASSWORD})
        return answer["session"]["token"] if status == 200 and answer["state"] == "complete" else None

    def session_token(self):
        if self.session and ask("GET", "/session", self.session)[0] == 200:
            return self.session
        self.session = self.signed_in() if self.email else None
        if self.session is None:
            self.somebody_new()
            self.session = self.signed_in()
        assert self.session, "nobody can sign in"
        return self.session

    def sign_in_token(self):
        if self.sign_in and ask("GET", f"/sign-in/{self.sign_in[0]}", self.sign_in[1])[0] == 200:
            return self.sign_in
        if self.email is None:
            self.somebody_new()
        self.sign_in = self.begun()
        return self.sign_in


PEOPLE = People()


def kind_of(path):
    """Which token a path wants."""
    below = path.removeprefix("/api/v1")
    if below.startswith(("/me", "/session")):
        return "session"
    if below.startswith("/sign-in/{"):
        return "sign-in"
    return "key"


@schemathesis.auth(refresh_interval=None)
class Token:
    """The token a call carries."""

    def get(self, case, context):
        kind = kind_of(case.operation.path)
        if kind == "session":
            return PEOPLE.session_token()
        if kind == "sign-in":
            return PEOPLE.sign_in_token()[1]
        return KEY

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
        if kind_of(case.operation.path) == "sign-in" and case.path_parameters:
            case.path_parameters["id"] = PEOPLE.sign_in[0]
