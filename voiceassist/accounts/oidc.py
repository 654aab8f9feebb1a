"""OpenID Connect: a provider vouches for users. Authorization code with PKCE, state and nonce; its tokens are checked.

The caller sends the browser to the address that `Provider.begin` gives, keeps the other text it gives for that browser
alone, and hands both what comes back and that text to `Provider.finish`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2 import OAuth2Client, OAuth2Error  # pyright: ignore[reportMissingTypeStubs]
from authlib.oidc.core import CodeIDToken  # pyright: ignore[reportMissingTypeStubs]
from authlib.oidc.discovery import get_well_known_url  # pyright: ignore[reportMissingTypeStubs]
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, Field, ValidationError

from voiceassist.accounts.users import login_name
from voiceassist.errors import AccountError
from voiceassist.store.database import utc_now

SCOPE = "openid profile email"
KNOWN_FOR = timedelta(hours=1)
"""How long what a provider says of itself is believed."""
LEEWAY_SECONDS = 60
"""How far its clock may be from ours."""
_TIMEOUT = 10.0
_SUBJECT = 255
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# By a key of its own, never by a secret that both have, and never by none.
_SIGNATURES = [f"{family}{bits}" for family in ("RS", "ES", "PS") for bits in (256, 384, 512)] + ["EdDSA", "Ed25519"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom a provider vouches for.

    `subject`: who that is, for good; `logins`: login names that it vouches for now; `invite`: the token that the one
    came with, if any.
    """

    subject: str
    logins: tuple[str, ...]
    name: str
    invite: str = field(default="", repr=False)


class _Metadata(BaseModel):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Kept(BaseModel):
    """What the browser keeps while it is away. Its names are short: it is a cookie."""

    state: str = Field(min_length=1)
    nonce: str = Field(min_length=1)
    verifier: str = Field(min_length=1)
    back: str
    invite: str = ""


class Provider:
    """Who vouches, at the address `issuer`, for whom this hub is `client_id`. Any thread may use it; it blocks.

    Raises AccountError (`login-provider`) for an address that is neither HTTPS nor this machine's. Where its methods
    raise it, the provider cannot be reached or says nonsense.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str = "", *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._now = now
        self._http = httpx.Client(timeout=_TIMEOUT, headers={"Accept": "application/json"})
        self._metadata: tuple[datetime, _Metadata] | None = None
        self._keys: tuple[datetime, KeySet] | None = None
        self._safe(issuer)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def begin(self, redirect_uri: str, invite: str = "") -> tuple[str, str]:
        """The address to send a browser to, which comes back to `redirect_uri`; and a text to keep for it meanwhile.

        The text is a secret of that browser: a cookie that scripts cannot read, for some minutes, SameSite=Lax, as the
        way back begins at another site. `invite`: the token of an invite that is to be accepted by it.
        """
        metadata = self._discover()
        kept = _Kept(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            back=redirect_uri,
            invite=invite,
        )
        url, _ = cast(
            "tuple[str, str]",
            self._client(redirect_uri).create_authorization_url(  # pyright: ignore[reportUnknownMemberType]
                metadata.authorization_endpoint, state=kept.state, code_verifier=kept.verifier, nonce=kept.nonce
            ),
        )
        return url, base64.urlsafe_b64encode(kept.model_dump_json().encode()).decode()

    def finish(self, params: Mapping[str, str], kept: str) -> Identity:
        """Who it was, from the parameters that the browser came back with and the text that was kept for it.

        Raises AccountError: `login-state` where the two do not belong together, `login-refused` where the provider, or
        what it says, does not let this one in.
        """
        began = _unpack(kept)
        if not hmac.compare_digest(params.get("state", "").encode(), began.state.encode()):
            raise AccountError("this login was begun elsewhere: begin it again", code="login-state")
        metadata = self._discover()
        if "error" in params or not params.get("code"):
            raise _refused("the provider did not let you in")
        if not _same(params.get("iss", metadata.issuer), metadata.issuer):  # RFC 9207: it came from another provider
            raise _refused("another provider answered")
        tokens = self._exchange(metadata, params["code"], began)
        claims = self._verified(metadata, tokens, began.nonce)
        subject = claims["sub"]
        if not 1 <= len(subject) <= _SUBJECT:
            raise _refused("the provider's name for you is none")
        return Identity(f"{metadata.issuer} {subject}", _logins(claims), str(claims.get("name", "")), began.invite)

    # --- what is asked of the provider --------------------------------------------------------------------------------

    def _client(self, redirect_uri: str) -> OAuth2Client:
        return OAuth2Client(
            self._http,
            client_id=self._client_id,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _exchange(self, metadata: _Metadata, code: str, began: _Kept) -> dict[str, Any]:
        """The tokens for a code."""
        auth: httpx.Auth | None = None
        more: dict[str, str] = {}
        if self._client_secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(self._client_secret, safe=""))
        elif self._client_secret:
            more = {"client_id": self._client_id, "client_secret": self._client_secret}
        else:
            more = {"client_id": self._client_id}
        try:
            found: object = self._client(began.back).fetch_token(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=began.verifier,
                auth=auth or _NoAuth(),
                **more,
            )
        except OAuth2Error:
            raise _refused("the provider does not know of this login any more") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _broken(f"answers no token ({type(error).__name__})") from None
        return cast("dict[str, Any]", found)

    def _verified(self, metadata: _Metadata, tokens: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an id_token that this provider signed, for this hub, for this login, not long ago."""
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise _refused("the provider says not who you are")
        registry = JWSRegistry(algorithms=_SIGNATURES, strict_check_header=False)
        try:
            try:
                token = jwt.decode(id_token, self._keys_of(metadata), registry=registry)
            except (InvalidKeyIdError, BadSignatureError):  # it may have other keys by now
                token = jwt.decode(id_token, self._keys_of(metadata, anew=True), registry=registry)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": metadata.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": tokens.get("access_token")},
            )
            claims.validate(now=int(self._now().timestamp()), leeway=LEEWAY_SECONDS)  # pyright: ignore[reportUnknownMemberType]
        except (JoseError, ValueError) as error:  # names what was wrong, never the token
            raise _refused(f"what the provider says of you does not hold ({type(error).__name__})") from None
        return dict(token.claims)

    def _discover(self) -> _Metadata:
        now = self._now()
        if self._metadata is None or not timedelta(0) <= now - self._metadata[0] < KNOWN_FOR:
            url = get_well_known_url(self._issuer, external=True)
            try:
                metadata = _Metadata.model_validate(self._get(url))
            except ValidationError:
                raise _broken("does not say where its endpoints are") from None
            if not _same(metadata.issuer, self._issuer):
                raise _broken("says that it is another one")
            for endpoint in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
                self._safe(endpoint)
            self._metadata = now, metadata
        return self._metadata[1]

    def _keys_of(self, metadata: _Metadata, *, anew: bool = False) -> KeySet:
        now = self._now()
        if anew or self._keys is None or not timedelta(0) <= now - self._keys[0] < KNOWN_FOR:
            try:
                keys = KeySet.import_key_set(cast("Any", self._get(metadata.jwks_uri)))
            except (JoseError, ValueError, KeyError, TypeError):
                raise _broken("has no keys") from None
            self._keys = now, keys
        return self._keys[1]

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = self._http.get(url).raise_for_status().json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _broken(f"cannot be asked ({type(error).__name__})") from None
        if not isinstance(answer, dict):
            raise _broken("answers nonsense")
        return cast("dict[str, Any]", answer)

    def _safe(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise _broken("is not asked over HTTPS")


class _NoAuth(httpx.Auth):
    """A request that says by its body who asks."""


def _unpack(kept: str) -> _Kept:
    try:
        return _Kept.model_validate_json(base64.urlsafe_b64decode(kept.encode()))
    except ValueError:
        raise AccountError("this login was begun too long ago: begin it again", code="login-state") from None


def _logins(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The login names that the claims vouch for: an e-mail address only where it was verified."""
    found: list[str] = []
    for claim in (
        claims.get("email") if claims.get("email_verified") is True else None,
        claims.get("preferred_username"),
    ):
        try:
            login = login_name(claim) if isinstance(claim, str) else ""
        except AccountError:
            continue
        if login and login not in found:
            found.append(login)
    return tuple(found)


def _same(one: str, other: str) -> bool:
    """Whether two addresses are those of one provider; people forget the slash at the end."""
    return one.rstrip("/") == other.rstrip("/")


def _refused(why: str) -> AccountError:
    return AccountError(f"{why}: begin again, or ask your administrator", code="login-refused")


def _broken(why: str) -> AccountError:
    return AccountError(f"the OpenID provider {why}: see login.issuer", code="login-provider")
