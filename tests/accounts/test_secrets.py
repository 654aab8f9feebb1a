"""No password and no token stands in the file, in the log, in what is printed of a thing, or in an error."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from accounts.people import HOME, PASSWORD, Clock, People
from accounts.provider import CLIENT, SECRET, OpenIdProvider, Person, unsigned
from sqlalchemy import text

from voiceassist.accounts.oidc import Provider
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.errors import VoiceassistError
from voiceassist.store.database import Store

CHOSEN, WRONG, WEAK = "tall-blue-hat-of-ann", "not-what-ann-chose", "password-1234"
MISTAKEN = "my-password-in-the-field-of-the-name"


class Told:
    """What one who reads logs, reports of errors and printed objects sees."""

    def __init__(self) -> None:
        self.text = ""

    def of(self, act: Callable[[], object]) -> None:
        try:
            self.text += repr(act())
        except VoiceassistError as error:
            self.text += "".join(traceback.format_exception(error))
            seen: BaseException | None = error
            while seen is not None:  # also what a traceback does not show
                self.text += repr(seen)
                seen = seen.__context__


def test_no_secret_is_kept_logged_or_said(
    people: People, path: Path, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told, ann, ada = Told(), people.visitor("ann"), people.visitor("ada")
    link, machine = people.office.link(ada, "ann"), people.office.add_machine(ann, "Desk")
    invite, other = people.office.invite(ada, "agent", "sales"), people.office.invite(ada, "agent", "sales")
    opened = people.door.open_session(machine.token)
    secrets = {CHOSEN, WRONG, WEAK, PASSWORD, SECRET, MISTAKEN}
    secrets |= {link.token, machine.token, invite.token, other.token, opened.token}
    for thing in (link, machine, invite, opened):
        told.of(lambda thing=thing: thing)
    told.of(lambda: people.door.accept(invite.token, "new", "New", WEAK))
    told.of(lambda: people.door.accept(invite.token, "ann", "New", CHOSEN))
    told.of(lambda: people.door.accept(invite.token, "new", "New", CHOSEN))
    told.of(lambda: people.door.accept(invite.token, "new", "New", CHOSEN))
    told.of(lambda: people.door.change_password(ann, PASSWORD, CHOSEN, HOME))
    told.of(lambda: people.office.set_password(CONSOLE, "ann", WEAK))
    told.of(lambda: people.office.set_password(CONSOLE, "ann", CHOSEN))
    for name, password in (
        ("ann", WRONG),
        ("ann", CHOSEN),
        ("ann", "\ud800" + WRONG),
        (MISTAKEN, WRONG),
        ("ann\0", WRONG),
    ):
        told.of(lambda name=name, password=password: people.door.login(name, password, HOME))
    told.of(lambda: people.door.login("ann", WRONG, "192.0.2.9"))
    for _ in range(2):
        told.of(lambda: people.door.open_session(link.token))
        told.of(lambda: people.door.renew(opened.token))
        people.door.close(opened.token)
    told.of(lambda: people.office.machines(ann))
    told.of(lambda: people.office.users(CONSOLE))
    told.of(people.audit.entries)
    with OpenIdProvider(int(clock.now.timestamp())) as provider:
        provider.person = Person("abc", {"preferred_username": "newer"})
        client = Provider(provider.issuer, CLIENT, SECRET, now=clock)
        for _ in range(2):
            url, kept = client.begin("https://hub.example/back", other.token)
            told.of(lambda url=url, kept=kept: client.finish(provider.browse(url), kept))
            secrets.add(kept)
            provider.sign = unsigned
        client.close()
    with store.writing() as db:  # what a broken disk or server says
        db.execute(text("DROP TABLE tokens"))
    for act in (people.door.open_session, people.door.invitation, people.door.renew, people.door.check):
        told.of(lambda act=act: act(machine.token))

    assert "no user has this name" in told.text
    assert "no such table" in told.text
    for place in (told.text, caplog.text):
        assert [secret for secret in secrets if secret in place] == []
    store.close()
    kept_bytes = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"$argon2id$" in kept_bytes
    assert [secret for secret in secrets if secret.encode() in kept_bytes] == []


def test_what_is_kept_of_a_token_opens_nothing(people: People) -> None:
    machine = people.office.add_machine(people.visitor("ann"), "Desk")
    with pytest.raises(VoiceassistError):
        people.door.open_session(machine.key.id)
