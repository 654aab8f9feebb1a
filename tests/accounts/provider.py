"""A small OpenID provider on this machine, as strict as a real one, that does wrong what it is told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT, SECRET = "hub at home", "s3cret: with/odd+signs"


@cache
def rsa_key(kid: str) -> RSAKey:
    """A key of this name; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token that nobody signed."""
    return f"{_base64(_json(header | {'alg': 'none'}))}.{_base64(_json(claims))}."


def signed_by_secret(secret: bytes) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    """What signs tokens with a secret that both sides have."""

    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        content = f"{_base64(_json(header | {'alg': 'HS256'}))}.{_base64(_json(claims))}"
        return f"{content}.{_base64(hmac.digest(secret, content.encode(), 'sha256'))}"

    return sign


@dataclass
class Person:
    """Whom the provider vouches for: claims beside `sub`."""

    sub: str = "248289761001"
    claims: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class _Asked:
    """What a code was given for."""

    query: Mapping[str, str]
    person: Person


class OpenIdProvider:
    """Serves discovery, keys, authorization (where everybody agrees at once) and tokens.

    `metadata` and `claims` replace parts of what it would say, a None leaves them out; `sign` makes its tokens, and
    `answers` are pages that it gives instead of its own.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self.person = Person()
        self.secret: str | None = SECRET
        self.methods = ["client_secret_basic"]
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.key: RSAKey | ECKey = rsa_key("first")
        self.published: list[RSAKey | ECKey] = [self.key]
        self.sign = self._sign
        self._codes: dict[str, _Asked] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/realm"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def rotate(self, kid: str | None = "second") -> None:
        """Sign with a new key from now on, and publish no other."""
        named = {} if kid is None else {"kid": kid}
        self.key = ECKey.generate_key("P-256", {"use": "sig", **named})
        self.published = [self.key]

    def browse(self, url: str) -> dict[str, str]:
        """What a browser that is sent to `url` comes back with."""
        answer = httpx.get(url)
        assert answer.status_code == 302, answer.text
        return _flat(urlsplit(answer.headers["location"]).query)

    # --- its pages ----------------------------------------------------------------------------------------------------

    def answer(self, path: str, query: Mapping[str, str], body: Mapping[str, str], auth: str) -> tuple[int, bytes, str]:
        """The status, the body and the place to go to."""
        self.asked.append(path)
        if path in self.answers:
            return *self.answers[path], ""
        if path == "/realm/.well-known/openid-configuration":
            return 200, _json(self._metadata()), ""
        if path == "/realm/keys":
            return 200, _json(KeySet(list(self.published)).as_dict()), ""
        if path == "/realm/authorize":
            return 302, b"", self._authorize(query)
        if path == "/realm/token":
            status, said = self._token(body, auth)
            return status, _json(said), ""
        return 404, b"", ""

    def _metadata(self) -> dict[str, Any]:
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": self.methods,
        }
        return _without_none(usual | self.metadata)

    def _authorize(self, query: Mapping[str, str]) -> str:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = _Asked(query, self.person)
        return query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"], "iss": self.issuer})

    def _token(self, body: Mapping[str, str], auth: str) -> tuple[int, dict[str, Any]]:
        if not self._is_client(body, auth):
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(body.get("code", ""), None)
        verifier = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or body.get("redirect_uri") != asked.query["redirect_uri"]
            or _base64(verifier) != asked.query["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        return 200, {"access_token": access, "token_type": "Bearer", "id_token": self._id_token(asked)}

    def _is_client(self, body: Mapping[str, str], auth: str) -> bool:
        if self.secret is None:
            return body.get("client_id") == CLIENT and not auth
        if self.methods == ["client_secret_post"]:
            return (body.get("client_id"), body.get("client_secret")) == (CLIENT, self.secret)
        scheme, _, value = auth.partition(" ")
        name, _, secret = base64.b64decode(value).decode().partition(":")
        return (scheme, unquote(name), unquote(secret)) == ("Basic", CLIENT, self.secret)

    def _id_token(self, asked: _Asked) -> str:
        usual = {
            "iss": self.issuer,
            "sub": asked.person.sub,
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": asked.query["nonce"],
        }
        alg = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        header = _without_none({"alg": alg, "kid": self.key.kid})
        return self.sign(header, _without_none(usual | asked.person.claims | self.claims))

    def _sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, self.key)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                self._answer(_flat(self.rfile.read(length).decode()))

            def _answer(self, body: Mapping[str, str]) -> None:
                parts = urlsplit(self.path)
                auth = self.headers.get("authorization", "")
                status, said, place = provider.answer(parts.path, _flat(parts.query), body, auth)
                self.send_response(status)
                if place:
                    self.send_header("location", place)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library calls it so
                pass

        return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _json(said: object) -> bytes:
    return json.dumps(said).encode()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _without_none(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
