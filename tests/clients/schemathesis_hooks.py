"""Who calls what, for Schemathesis: an application's key, somebody's session, or a sign-in under way.

Sessions and sign-ins come from the API itself, by password, and are renewed when a test ended them. Accounts, factors and sessions
that a path names are there three times out of four: otherwise a test would see little beyond "not found".
"""

import base64
import collections
import hmac
import itertools
import json
import os
import time
import urllib.error
import urllib.request

import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

URL = os.environ["TWINLOCK_URL"]
KEY = os.environ["TWINLOCK_KEY"]
# The one in the examples of the description, so that these work.
PASSWORD = "otters juggle pebbles"


def ask(method, path, token=None, body=None, network="192.0.2.10"):
    """One call; its status and its body."""
    request = urllib.request.Request(f"{URL}/api/v1{path}", method=method)
    # From another network than the tests, whose wrong passwords make theirs wait.
    request.add_header("X-Forwarded-For", network)
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


def code_of(secret):
    """What an authenticator app with this secret shows now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


# The factors that wait for their code, by whose they are: id, secret, and since when.
PENDING = {}


def factor_of(base, token, wanted, besides=0):
    """A factor in the state wanted, besides so many others, there already or set up now; nothing where the tests left no room for one."""
    status, known = ask("GET", f"{base}/two-factor", token)
    if status != 200:
        return None
    there = [factor["id"] for factor in known["factors"] if factor["state"] == wanted]
    if len(there) > besides:
        return there[-1]
    # One that waits for its code is not listed, and a new one takes its place: so it is used for a while.
    if wanted == "pending" and (kept := PENDING.get(token if base == "/me" else base)):
        id, _, since = kept
        if time.monotonic() - since < 30:
            return id
    status, made = ask("POST", f"{base}/factors", token, {"kind": "totp", "label": "Phone"})
    if status != 201:
        return None
    id = made["factor"]["id"]
    TEXTED.pop(token if base == "/me" else base, None)
    if wanted == "pending":
        PENDING[token if base == "/me" else base] = id, made["totp"]["secret"], time.monotonic()
    else:
        code = code_of(made["totp"]["secret"])
        status, _ = ask("POST", f"{base}/factors/{id}/activate", token, {"code": code})
        if status != 200:
            return None
        return factor_of(base, token, wanted, besides)
    return id


# The numbers that wait for their code, by whose they are: id, and since when.
TEXTED = {}
ORDINALS = itertools.count()


def number():
    """A number that begins as none before, and a network of its own: so many texts go out for each."""
    ordinal = next(ORDINALS)
    area, next_digit = divmod(ordinal % 64, 8)
    number = f"+1{201 + area}{2 + next_digit}45{(ordinal * 137) % 10_000:04}"
    return number, f"198.51.{100 + ordinal // 250 % 100}.{1 + ordinal % 250}"


def texted_of(base, token):
    """A number that waits for its code; nothing where the tests left no room for one."""
    whose = token if base == "/me" else base
    if kept := TEXTED.get(whose):
        id, since = kept
        # Others that are begun push it out, so it is used for a moment only.
        if time.monotonic() - since < 1:
            return id
    phone, network = number()
    status, made = ask("POST", f"{base}/factors", token, {"kind": "sms", "phone": phone}, network)
    if status != 201:
        return None
    # It takes the place of an app that waited.
    PENDING.pop(whose, None)
    TEXTED[whose] = made["factor"]["id"], time.monotonic()
    return made["factor"]["id"]


class Accounts:
    """The application's own accounts: one that tests deleted or froze gives way to a new one."""

    def __init__(self):
        self.number = 0
        self.account = None

    def somebody_new(self):
        self.number += 1
        body = {"external_id": f"user-{os.getpid()}-{self.number}", "name": "Ann"}
        status, answer = ask("POST", "/accounts", KEY, body)
        assert status == 201, answer
        self.account = answer["id"]

    def with_factor(self, wanted):
        """An account with a factor in this state, and the factor."""
        if self.account:
            status, answer = ask("GET", f"/accounts/{self.account}", KEY)
            if status != 200 or answer["frozen"]:
                self.account = None
        factor = self.account and self.factor(wanted)
        if factor is None:
            self.somebody_new()
            factor = self.factor(wanted)
        assert factor, "no factor can be set up"
        return self.account, factor

    def factor(self, wanted):
        base = f"/accounts/{self.account}"
        return texted_of(base, KEY) if wanted == "texted" else factor_of(base, KEY, wanted)


class People:
    """People whose tokens the calls carry, one after the other: an account that tests locked or changed gives way to a new one."""

    def __init__(self):
        self.number = 0
        self.email = None
        self.session = None
        self.sign_in = None

    def somebody_new(self):
        self.number += 1
        kind = type(self).__name__.lower()
        self.email = f"{kind}-{os.getpid()}-{self.number}@example.org"
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

    def session_with_factor(self, wanted, besides):
        """A session of somebody with a factor in this state besides so many others, and the factor."""
        factor = self.factor(wanted, besides)
        if factor is None:
            self.email = self.session = None
            factor = self.factor(wanted, besides)
        assert factor, "no factor can be set up"
        return self.session_token(), factor

    def factor(self, wanted, besides):
        token = self.session_token()
        return texted_of("/me", token) if wanted == "texted" else factor_of("/me", token, wanted, besides)

    def another_session(self):
        """A session, and the id of another one of the same person."""
        token = self.session_token()
        other = self.signed_in()
        if other is None:
            self.email = self.session = None
            token, other = self.session_token(), self.signed_in()
        assert other, "nobody can sign in twice"
        _, answer = ask("GET", "/me/sessions", other)
        return token, next(session["id"] for session in answer["items"] if session["current"])

    def sign_in_token(self):
        if self.sign_in and ask("GET", f"/sign-in/{self.sign_in[0]}", self.sign_in[1])[0] == 200:
            return self.sign_in
        if self.email is None:
            self.somebody_new()
        self.sign_in = self.begun()
        return self.sign_in


class Trusting(People):
    """People of their own who trust the device they sign in on; a backup code stands for each time."""

    def __init__(self):
        super().__init__()
        self.codes = []

    def session_and_device(self):
        """A session, and the id of a device its person trusts."""
        if not self.codes:
            self.with_codes()
        device = self.session and self.trusted()
        if not device:
            self.session = self.trusts()
            device = self.trusted()
        assert device, "no device is trusted"
        return self.session, device

    def with_codes(self):
        self.somebody_new()
        token = self.signed_in()
        _, made = ask("POST", "/me/factors", token, {"kind": "totp", "label": "Phone"})
        code = code_of(made["totp"]["secret"])
        status, proven = ask("POST", f"/me/factors/{made['factor']['id']}/activate", token, {"code": code})
        assert status == 200, proven
        self.session, self.codes = None, proven["backup_codes"]

    def trusts(self):
        id, token = self.begun()
        _, half = ask("POST", f"/sign-in/{id}/password", token, {"password": PASSWORD})
        body = {"code": self.codes.pop(), "trust_device": True}
        status, answer = ask("POST", f"/sign-in/{half['id']}/second-factor", half["token"], body)
        assert status == 200, answer
        return answer["session"]["token"]

    def trusted(self):
        status, known = ask("GET", "/me/devices", self.session)
        return known["items"][0]["id"] if status == 200 and known["items"] else None


ACCOUNTS = Accounts()
PEOPLE = People()
TRUSTING = Trusting()
TIMES = collections.Counter()

# Calls of one's own account that say little unless there is a second factor.
NEEDS_A_FACTOR = ("/me/backup-codes", "/me/backup-codes/check", "/me/two-factor/disable")


def below(case):
    """The path as in the description, without the base."""
    return case.operation.path.removeprefix("/api/v1")


def kind_of(path):
    """Which token a path wants."""
    if path.startswith(("/me", "/session")):
        return "session"
    if path.startswith("/sign-in/{"):
        return "sign-in"
    return "key"


def names_what_is_there(case):
    """Whether the path shall name something that is there: never where the test is about a wrong path."""
    meta = case.meta
    path = meta and meta.components.get(ParameterLocation.PATH)
    if path and path.mode == GenerationMode.NEGATIVE:
        return False
    TIMES[case.operation.label] += 1
    return TIMES[case.operation.label] % 4 != 0


def types_the_right_code(case, factor):
    """Every second time, where the body is right in its shape: random texts are never the right code."""
    meta = case.meta
    body = meta and meta.components.get(ParameterLocation.BODY)
    if not body or body.mode == GenerationMode.NEGATIVE or not isinstance(case.body, dict):
        return
    TIMES[f"right code, {case.operation.label}"] += 1
    for id, secret, _ in PENDING.values():
        if id == factor and TIMES[f"right code, {case.operation.label}"] % 2:
            case.body["code"] = code_of(secret)


def wanted_at(path):
    """The state of the factor that a call is about."""
    if path.endswith("/factors/{factor}/send"):
        return "texted"
    return "pending" if path.endswith("/activate") else "active"


def device_of(account):
    """A device of the account that is trusted from now on."""
    status, answer = ask("POST", f"/accounts/{account}/devices", KEY, {"label": "Firefox on Linux"})
    assert status == 201, answer
    return answer["device"]["id"]


def as_application(case):
    """The key; and in the path an account of its own, with a factor."""
    if case.path_parameters and names_what_is_there(case):
        wanted = wanted_at(below(case))
        account, factor = ACCOUNTS.with_factor(wanted)
        there = {"account": account, "factor": factor}
        if "device" in case.path_parameters:
            there["device"] = device_of(account)
        case.path_parameters.update({name: there[name] for name in case.path_parameters})
        if wanted == "pending":
            types_the_right_code(case, factor)
    return KEY


def as_person(case):
    """A session; and in the path a factor or another session of the same person."""
    path = below(case)
    names = case.path_parameters or {}
    if ("factor" in names or path in NEEDS_A_FACTOR) and names_what_is_there(case):
        wanted = wanted_at(path)
        # The last one cannot be removed.
        besides = 1 if case.method == "DELETE" else 0
        token, factor = PEOPLE.session_with_factor(wanted, besides)
        if "factor" in names:
            names["factor"] = factor
        if wanted == "pending":
            types_the_right_code(case, factor)
        return token
    if "device" in names and names_what_is_there(case):
        token, names["device"] = TRUSTING.session_and_device()
        return token
    if "session" in names and names_what_is_there(case):
        token, names["session"] = PEOPLE.another_session()
        return token
    return PEOPLE.session_token()


def as_sign_in(case):
    """The token of a sign-in under way; and its id in the path."""
    id, token = PEOPLE.sign_in_token()
    if case.path_parameters:
        case.path_parameters["id"] = id
    return token


CALLERS = {"session": as_person, "sign-in": as_sign_in, "key": as_application}


@schemathesis.auth(refresh_interval=None)
class Token:
    """The token a call carries."""

    def get(self, case, context):
        return CALLERS[kind_of(below(case))](case)

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
