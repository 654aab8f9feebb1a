"""OpenID Connect against a provider on this machine: who comes in, and everything that must not pass."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from accounts.people import PASSWORD, Clock, People, at_once, refused
from accounts.provider import CLIENT, SECRET, OpenIdProvider, Person, rsa_key, signed_by_secret, unsigned
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt

from voiceassist.accounts.audit import Did
from voiceassist.accounts.door import Opened
from voiceassist.accounts.oidc import Identity, Provider
from voiceassist.accounts.visitor import CONSOLE

BACK = "https://hub.example/login/back"


@pytest.fixture
def provider(clock: Clock) -> Iterator[OpenIdProvider]:
    with OpenIdProvider(int(clock.now.timestamp())) as served:
        yield served


@pytest.fixture(scope="module")
def unasked() -> Iterator[Provider]:
    """One that there is not: nothing may be asked of it."""
    found = Provider("https://login.invalid", CLIENT)
    yield found
    found.close()


@pytest.fixture
def client(provider: OpenIdProvider, clock: Clock) -> Iterator[Provider]:
    found = Provider(provider.issuer, CLIENT, SECRET, now=clock)
    yield found
    found.close()


def come_back(provider: OpenIdProvider, client: Provider, invite: str = "") -> Identity:
    url, kept = client.begin(BACK, invite)
    return client.finish(provider.browse(url), kept)


# --- what passes ------------------------------------------------------------------------------------------------------


def test_somebody_is_vouched_for(provider: OpenIdProvider, client: Provider) -> None:
    claims = {"name": "Ann Agent", "email": "Ann@Example.com", "email_verified": True, "preferred_username": "ann"}
    provider.person = Person("abc", claims)
    identity = come_back(provider, client, "an invite")
    assert identity == Identity(f"{provider.issuer} abc", ("ann@example.com", "ann"), "Ann Agent", "an invite")


def test_the_browser_carries_no_secret_in_its_address(provider: OpenIdProvider, client: Provider) -> None:
    url, kept = client.begin(BACK, "an invite")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    secrets = json.loads(base64.urlsafe_b64decode(kept))
    assert url.startswith(f"{provider.issuer}/authorize?")
    assert query.keys() == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert query["code_challenge"] != secrets["verifier"]
    assert secrets["verifier"] not in url
    assert "an invite" not in url
    assert client.begin(BACK)[0] != url


@pytest.mark.parametrize(
    ("claims", "logins"),
    [
        ({"email": "ann@example.com", "email_verified": False}, ()),
        ({"email": "ann@example.com"}, ()),
        ({"email": "ann@example.com", "email_verified": "true"}, ()),
        ({"email": "ann@example.com", "email_verified": True, "preferred_username": "ann@example.com"}, 1),
        ({"preferred_username": "Ann Agent"}, ()),
        ({"preferred_username": ["ann"], "email": 7, "email_verified": True}, ()),
    ],
)
def test_only_names_that_are_vouched_for_count(
    provider: OpenIdProvider, client: Provider, claims: dict[str, Any], logins: object
) -> None:
    provider.person = Person("abc", claims)
    found = come_back(provider, client).logins
    assert found == (("ann@example.com",) if logins == 1 else logins)


def test_the_slash_at_the_end_of_an_issuer_is_forgiven(provider: OpenIdProvider, clock: Clock) -> None:
    client = Provider(provider.issuer + "/", CLIENT, SECRET, now=clock)
    assert come_back(provider, client).subject.startswith(provider.issuer)
    client.close()


@pytest.mark.parametrize("methods", [["client_secret_post"], ["none"]])
def test_the_hub_says_who_it_is_as_the_provider_wants(
    provider: OpenIdProvider, clock: Clock, methods: list[str]
) -> None:
    provider.methods = methods
    provider.secret = None if methods == ["none"] else SECRET
    client = Provider(provider.issuer, CLIENT, provider.secret or "", now=clock)
    assert come_back(provider, client).subject
    client.close()


def test_several_audiences_are_taken_where_we_are_the_authorized_party(
    provider: OpenIdProvider, client: Provider
) -> None:
    provider.claims = {"aud": ["other", CLIENT], "azp": CLIENT}
    assert come_back(provider, client).subject


def test_a_new_key_is_asked_for(provider: OpenIdProvider, client: Provider) -> None:
    come_back(provider, client)
    for kid in ("second", None, None):  # also keys without names, of which one replaces the other
        provider.rotate(kid)
        assert come_back(provider, client).subject
    assert provider.asked.count("/realm/keys") == 4
    come_back(provider, client)
    assert provider.asked.count("/realm/keys") == 4


def test_what_a_provider_says_of_itself_is_believed_for_an_hour(
    provider: OpenIdProvider, client: Provider, clock: Clock
) -> None:
    for minutes in (0, 59, 60):
        clock.on(minutes=minutes)
        client.begin(BACK)
    assert provider.asked.count("/realm/.well-known/openid-configuration") == 2


# --- what does not ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": ["other", CLIENT]},  # made for another, who is not told to be us
        {"aud": CLIENT, "azp": "other"},
        {"aud": "other", "azp": CLIENT},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ""},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"at_hash": "wrong"},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_is_refused(
    provider: OpenIdProvider, client: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    with refused("login-refused"):
        come_back(provider, client)


@pytest.mark.parametrize(("expired", "passes"), [(59, True), (60, False)])
def test_a_token_that_has_expired_is_refused(
    provider: OpenIdProvider, client: Provider, expired: int, *, passes: bool
) -> None:
    provider.claims = {"exp": provider.now - expired}
    if passes:
        assert come_back(provider, client).subject
    else:
        with refused("login-refused"):
            come_back(provider, client)


def test_a_token_from_the_future_is_refused(provider: OpenIdProvider, client: Provider) -> None:
    provider.claims = {"iat": provider.now + 61}
    with refused("login-refused"):
        come_back(provider, client)


def test_a_token_that_nobody_signed_is_refused(provider: OpenIdProvider, client: Provider) -> None:
    provider.sign = unsigned
    with refused("login-refused"):
        come_back(provider, client)


def test_a_token_that_is_signed_by_a_shared_secret_is_refused(provider: OpenIdProvider, client: Provider) -> None:
    public = provider.key.as_pem(private=False)
    for secret in (SECRET.encode(), public):  # the published key, taken for a secret, is the oldest of these tricks
        provider.sign = signed_by_secret(secret)
        with refused("login-refused"):
            come_back(provider, client)


def test_a_token_of_another_key_is_refused(provider: OpenIdProvider, client: Provider) -> None:
    other = rsa_key("second")
    for named in ({"kid": "first"}, {"kid": "second"}, {}):
        provider.sign = lambda _header, claims, named=named: jwt.encode({"alg": "RS256", **named}, claims, other)
        with refused("login-refused"):
            come_back(provider, client)


@pytest.mark.parametrize("token", [None, "", "no.token.at all", 7, "a" * 100_000, "eyJhbGciOiJSUzI1NiJ9.e30.", "é.é.é"])
def test_what_is_no_token_is_refused(provider: OpenIdProvider, client: Provider, token: object) -> None:
    said = json.dumps({"access_token": "x", "token_type": "Bearer", "id_token": token})
    provider.answers["/realm/token"] = 200, said.encode()
    with refused("login-refused"):
        come_back(provider, client)


def test_another_browser_does_not_finish_what_this_one_began(provider: OpenIdProvider, client: Provider) -> None:
    url, kept = client.begin(BACK)
    _, other = client.begin(BACK)
    back = provider.browse(url)
    for params, text in (
        (back, other),
        (back | {"state": ""}, kept),
        (back | {"state": "é"}, kept),
        ({"code": back["code"]}, kept),
        (back, ""),
        (back, "not base64 é"),
        (back, base64.urlsafe_b64encode(b"{}").decode()),
        (back, base64.urlsafe_b64encode(b'{"state":"","nonce":"","verifier":"","back":""}').decode()),
    ):
        with refused("login-state"):
            client.finish(params, text)
    assert client.finish(back, kept).subject


def test_a_code_is_good_once_and_with_its_own_verifier(provider: OpenIdProvider, client: Provider) -> None:
    url, kept = client.begin(BACK)
    back = provider.browse(url)
    client.finish(back, kept)
    with refused("login-refused"):
        client.finish(back, kept)
    url, kept = client.begin(BACK)
    stolen = provider.browse(client.begin(BACK)[0])["code"]
    with refused("login-refused"):
        client.finish(provider.browse(url) | {"code": stolen}, kept)


def test_who_says_no_or_answers_for_another_is_not_in(provider: OpenIdProvider, client: Provider) -> None:
    url, kept = client.begin(BACK)
    back = provider.browse(url)
    state = {"state": back["state"]}
    for params in (
        state,
        state | {"error": "access_denied"},
        back | {"iss": "https://evil.example"},
        back | {"code": ""},
    ):
        with refused("login-refused"):
            client.finish(params, kept)


def test_a_wrong_secret_is_refused(provider: OpenIdProvider, clock: Clock) -> None:
    client = Provider(provider.issuer, CLIENT, "wrong", now=clock)
    with refused("login-refused"):
        come_back(provider, client)
    client.close()


# --- a provider that is broken ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": ["x"]},
    ],
    ids=str,
)
def test_a_provider_that_says_nonsense_of_itself_is_not_asked(
    provider: OpenIdProvider, client: Provider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    with refused("login-provider"):
        client.begin(BACK)


@pytest.mark.parametrize("path", ["/realm/.well-known/openid-configuration", "/realm/keys", "/realm/token"])
@pytest.mark.parametrize("answer", [(500, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b"\xff"), (302, b"")], ids=str)
def test_a_provider_that_is_broken_is_said_to_be(
    provider: OpenIdProvider, client: Provider, path: str, answer: tuple[int, bytes]
) -> None:
    provider.answers[path] = answer
    with refused("login-provider"):
        come_back(provider, client)


def test_a_provider_without_keys_is_broken(provider: OpenIdProvider, client: Provider) -> None:
    for said in (b"{}", b'{"keys": []}', b'{"keys": [{"kty": "RSA"}]}', b'{"keys": 7}', b'{"keys": [7]}'):
        provider.answers["/realm/keys"] = 200, said
        with refused("login-provider"):
            come_back(provider, client)


def test_a_provider_that_is_gone_is_said_to_be(clock: Clock) -> None:
    with OpenIdProvider(int(clock.now.timestamp())) as gone:
        client = Provider(gone.issuer, CLIENT, SECRET, now=clock)
    with refused("login-provider"):
        client.begin(BACK)
    client.close()


@pytest.mark.parametrize("issuer", ["http://login.example", "http://192.0.2.1", "ftp://127.0.0.1", "login.example", ""])
def test_a_provider_is_asked_over_https_only(issuer: str) -> None:
    with refused("login-provider"):
        Provider(issuer, CLIENT, SECRET)


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(["state", "code", "error", "iss"]), st.text(max_size=30)))
def test_whatever_comes_back_is_refused_by_a_code(unasked: Provider, kept: str, params: dict[str, str]) -> None:
    with refused("login-state"):
        unasked.finish(params, kept)


# --- coming in --------------------------------------------------------------------------------------------------------


def identity(subject: str = "https://login.example abc", *logins: str, invite: str = "") -> Identity:
    return Identity(subject, logins, "Ann from Login", invite)


def test_a_name_that_an_admin_invited_is_linked_once(people: People) -> None:
    ann = identity("issuer 1", "ann@example.com", "ann")
    with refused("not-invited"):
        people.door.enter(ann)
    people.office.invite(people.visitor("ada"), login="ann")
    opened = people.door.enter(ann)
    assert (opened.visitor.user, opened.visitor.name) == ("ann", "Ann Agent")
    assert people.door.check(opened.token) == opened.visitor
    assert people.door.enter(identity("issuer 1", "renamed")).visitor.user == "ann"
    with refused("not-invited"):  # somebody else who is called so now
        people.door.enter(identity("issuer 2", "ann"))
    people.office.invite(people.visitor("ada"), login="ann")
    with refused("user-exists"):
        people.door.enter(identity("issuer 2", "ann"))
    assert [entry.did for entry in people.audit.entries(who="ann", limit=3)] == [
        Did.LOGGED_IN,
        Did.LOGGED_IN,
        Did.USER_LINKED,
    ]
    assert {user.id: (user.openid, user.password) for user in people.office.users(CONSOLE)}["ann"] == (True, True)


def test_a_supervisors_invite_links_nobody(people: People) -> None:
    """Else a supervisor could invite a name, and take over the account that an admin adds under it later."""
    people.office.invite(people.visitor("sue"), "agent", "sales", "boss")
    people.office.add_user(CONSOLE, "boss", role="admin")
    with refused("user-exists"):
        people.door.enter(identity("issuer 1", "boss"))


def test_an_invite_in_hand_makes_a_user(people: People) -> None:
    invite = people.office.invite(people.visitor("sue"), "agent", "sales").token
    opened = people.door.enter(identity("issuer 1", "ann@example.com", invite=invite))
    assert (opened.visitor.user, opened.visitor.name) == ("ann@example.com", "Ann from Login")
    assert (opened.visitor.role, opened.visitor.teams) == ("agent", {"sales"})
    with refused("token-used"):
        people.door.enter(identity("issuer 2", "other", invite=invite))
    with refused("wrong-login"):
        people.door.login("ann@example.com", PASSWORD, "192.0.2.1")


def test_an_invite_in_hand_takes_over_nobody(people: People) -> None:
    invite = people.office.invite(people.visitor("ada"), "agent", "sales").token
    with refused("user-exists"):
        people.door.enter(identity("issuer 1", "ann", invite=invite))
    assert people.door.invitation(invite).team == "sales"


def test_an_invited_name_that_is_new_becomes_a_user(people: People) -> None:
    people.office.invite(people.visitor("sue"), "agent", "sales", "new@example.com")
    assert people.door.enter(identity("issuer 1", "new@example.com")).visitor.teams == {"sales"}


def test_who_is_vouched_for_without_a_name_needs_one(people: People) -> None:
    invite = people.office.invite(people.visitor("sue"), "agent", "sales").token
    with refused("not-invited"):
        people.door.enter(identity("issuer 1", invite=invite))
    with refused("token-unknown"):
        people.door.enter(identity("issuer 1", "new", invite="nobody's"))


def test_an_invite_that_is_too_old_links_nobody(people: People, clock: Clock) -> None:
    people.office.invite(people.visitor("ada"), login="ann")
    clock.now += timedelta(hours=72)
    with refused("not-invited"):
        people.door.enter(identity("issuer 1", "ann"))


def test_who_is_shut_out_is_so_for_openid_too(people: People) -> None:
    people.office.invite(people.visitor("ada"), login="ann")
    people.door.enter(identity("issuer 1", "ann"))
    people.office.disable(CONSOLE, "ann")
    with refused("user-disabled"):
        people.door.enter(identity("issuer 1", "ann"))


def test_an_admin_is_linked_but_never_made(people: People) -> None:
    people.office.invite(people.visitor("ada"), login="ada")
    assert people.door.enter(identity("issuer 1", "ada")).visitor.role == "admin"
    with refused("bad-role"):
        people.office.invite(people.visitor("ada"), "admin", "sales", "new")


def test_only_one_of_many_is_linked(people: People) -> None:
    people.office.invite(people.visitor("ada"), login="ann")
    numbers = iter(range(6))
    results = at_once(6, lambda: people.door.enter(identity(f"issuer {next(numbers)}", "ann")))
    assert sum(isinstance(result, Opened) for result in results) == 1
    assert {result for result in results if isinstance(result, str)} <= {"not-invited", "user-exists"}


def test_from_the_first_page_to_a_session(people: People, provider: OpenIdProvider, client: Provider) -> None:
    invite = people.office.invite(people.visitor("sue"), "agent", "sales").token
    provider.person = Person("abc", {"preferred_username": "new", "name": "Somebody New"})
    assert people.door.enter(come_back(provider, client, invite)).visitor.name == "Somebody New"
    assert people.door.enter(come_back(provider, client)).visitor.user == "new"
