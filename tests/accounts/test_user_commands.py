"""`voiceassist user`: who may come in, from the command line of the hub."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from accounts.people import PASSWORD
from argon2 import extract_parameters
from commands import LINE
from needs import ROOT
from postgres import PostgresServer

from voiceassist.accounts.audit import Audit, Did
from voiceassist.accounts.door import Door
from voiceassist.accounts.passwords import Passwords
from voiceassist.cli import main
from voiceassist.cli.users import _address
from voiceassist.errors import UsageError
from voiceassist.settings import load
from voiceassist.store.database import Store
from voiceassist.store.people import UserRow


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


User = Callable[..., Done]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hub.sqlite3"


@pytest.fixture
def user(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> User:
    """Types `voiceassist user` on a hub of its own, in a folder without settings, where nobody can be asked."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: str, stdin: str = "", **env: str) -> Done:
        with monkeypatch.context() as here:
            here.setattr(sys, "argv", ["voiceassist", "user", *words])
            here.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in {"VOICEASSIST_STORE__PATH": str(file), **env}.items():
                here.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                main()
        said = capsys.readouterr()
        return Done(left.value.code if isinstance(left.value.code, int) else 1, said.out, said.err)

    return typed


def done(result: Done) -> str:
    assert result.code == 0, result.err
    return result.out


def refused(result: Done) -> str:
    assert (result.code, result.out) == (2, "")
    assert LINE.match(result.err), result.err
    return result.err


def rows(result: Done) -> list[dict[str, object]]:
    return [json.loads(line) for line in done(result).splitlines()]


def test_a_floor_is_made_from_the_command_line(user: User, file: Path) -> None:
    added = user("add", "Ada", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (done(added), added.err) == ("", "added: ada (ada), admin\n")
    sue = ["add", "sue", "--role", "supervisor", "--team", "sales", "--team", "support", "--name", "Sue [b]S[/b]"]
    said = user(*sue, "--password-stdin", stdin=PASSWORD).err
    assert said.splitlines() == [
        "team sales is new",
        "team support is new",
        "added: sue (Sue [b]S[/b]), supervisor in sales, support",
    ]
    done(user("add", "ann", "--team", "sales", "--no-password"))
    listed = rows(user("list", "--json"))
    assert [(row["id"], row["role"], row["teams"], row["password"]) for row in listed] == [
        ("ada", "admin", [], True),
        ("ann", "agent", ["sales"], False),
        ("sue", "supervisor", ["sales", "support"], True),
    ]
    shown = done(user("list"))
    assert "Sue [b]S[/b]" in shown
    assert "nothing yet" in shown
    done(user("change", "ann", "--team", "support", "--name", "Ann Agent"))
    done(user("change", "sue", "--no-team"))
    done(user("disable", "sue"))
    assert "disabled" in done(user("list"))
    listed = rows(user("list", "--json"))
    assert [(row["name"], row["teams"], row["disabled_at"] is None) for row in listed[1:]] == [
        ("Ann Agent", ["support"], True),
        ("Sue [b]S[/b]", [], False),
    ]
    done(user("enable", "sue"))
    done(user("password", "sue", "--password-stdin", stdin="tall-blue-hat\r\n"))
    with Store.open(file) as store:
        assert Door(store, Passwords()).login("sue", "tall-blue-hat", "192.0.2.1").visitor.user == "sue"
        with store.reading() as db:
            kept = db.get_one(UserRow, "ada").password or ""
    assert extract_parameters(kept).memory_cost >= 19 * 1024
    did = [(row["who"], row["did"]) for row in rows(user("audit", "--json"))]
    assert did == [
        ("sue", "logged in"),
        ("command line", "password set"),
        ("command line", "user enabled"),
        ("command line", "user disabled"),
        *[("command line", "user changed")] * 2,
        *[("command line", "user added")] * 3,
    ]
    assert len(rows(user("audit", "--json", "--who", "sue", "--limit", "5"))) == 1
    assert "user disabled" in done(user("audit"))
    assert rows(user("audit", "--json", "--call", "none")) == []


def test_an_invite_is_a_link_that_somebody_accepts(user: User, file: Path) -> None:
    assert "error[no-admin]" in refused(user("invite", "--team", "sales"))
    done(user("add", "ada", "--role", "admin", "--no-password"))
    invited = user("invite", "--team", "sales", VOICEASSIST_SERVE__NAMES="hub.example", VOICEASSIST_SERVE__TLS_CERT="x")
    address, _, token = done(invited).strip().partition("/#i=")
    assert address == "https://hub.example:8720"
    assert invited.err.startswith(
        "team sales is new\ninvited: whoever has this link, as agent in sales\ngood once, until "
    )
    with Store.open(file) as store:
        opened = Door(store, Passwords()).accept(token, "ann", "Ann", PASSWORD)
    assert (opened.visitor.role, opened.visitor.teams) == ("agent", {"sales"})
    link = done(user("invite", "--role", "supervisor", "--team", "sales", "--url", "https://hub.example/"))
    assert link.startswith("https://hub.example/#i=")
    elsewhere = user("invite", "--for", "ann", "--url", "http://localhost:1")
    assert done(elsewhere).startswith("http://localhost:1/#i=")
    assert "invited: ann, to a first login by OpenID Connect\n" in elsewhere.err


@pytest.mark.parametrize(("role", "place"), [("agent", "/#m="), ("supervisor", "/board#t="), ("admin", "/board#t=")])
def test_a_link_lets_a_user_in_once(user: User, file: Path, role: str, place: str) -> None:
    done(user("add", "ann", "--role", role, "--team", "sales", "--no-password"))
    address, _, token = done(user("link", "Ann", "--url", "https://hub.example")).strip().partition(place)
    assert address == "https://hub.example"
    with Store.open(file) as store:
        assert Door(store, Passwords()).open_session(token).visitor.user == "ann"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8720"),
        ({"PORT": "80"}, "http://127.0.0.1"),
        ({"TLS_CERT": "x", "PORT": "443", "NAMES": "hub.example,other"}, "https://hub.example"),
        ({"NAMES": "hub.example:9000"}, "http://hub.example:9000"),
        ({"NAMES": "hub.example", "PROXIES": "10.0.0.0/28", "HOST": "0.0.0.0", "PORT": "0"}, "https://hub.example"),
        ({"NAMES": "hub.example:8443", "PROXIES": "::1"}, "https://hub.example:8443"),
        ({"PROXIES": "127.0.0.1"}, "http://127.0.0.1:8720"),
        ({"HOST": "::1"}, "http://[::1]:8720"),
        ({"HOST": "0.0.0.0"}, None),
        ({"HOST": "::"}, None),
        ({"PORT": "0"}, None),
    ],
    ids=str,
)
def test_the_link_leads_to_the_hub_that_the_settings_make(settings: dict[str, str], address: str | None) -> None:
    serve = load({f"VOICEASSIST_SERVE__{name}": value for name, value in settings.items()}).serve
    if address is None:
        with pytest.raises(UsageError, match="--url"):
            _address(serve)
    else:
        assert _address(serve) == address


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["add", "n a m e", "--team", "sales", "--no-password"], "bad-name"),
        (["add", "ann", "--no-password"], "usage"),
        (["add", "ann", "--team", "a", "--team", "b", "--no-password"], "usage"),
        (["add", "ann", "--team", "=1+1", "--no-password"], "bad-team"),
        (["add", "ann", "--team", "sales", "--no-password", "--password-stdin"], "usage"),
        (["add", "ann", "--team", "sales"], "usage"),  # nobody can be asked here
        (["add", "ann", "--team", "sales", "--password-stdin"], "weak-password"),
        (["add", "ann", "--role", "boss", "--no-password"], "usage"),
        (["change", "ann"], "usage"),
        (["change", "nobody", "--name", "X"], "unknown-user"),
        (["change", "nobody", "--team", "x", "--no-team"], "usage"),
        (["disable", "nobody"], "unknown-user"),
        (["enable", "nobody"], "unknown-user"),
        (["password", "nobody", "--password-stdin"], "unknown-user"),
        (["invite", "--role", "admin", "--team", "sales"], "usage"),
        (["invite", "--team", "sales", "--url", "hub.example"], "usage"),
        (["invite", "--team", "sales", "--url", "https://hub.example/x"], "usage"),
        (["invite", "--team", "sales", "--url", "https://[hub"], "usage"),
        (["link", "nobody"], "unknown-user"),
        (["audit", "--limit", "0"], "usage"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_in_one_line(user: User, args: list[str], code: str) -> None:
    said = refused(user(*args, stdin="short\n"))
    assert f"error[{code}]" in said
    assert "short" not in said


def test_an_id_in_the_log_is_whole_where_no_terminal_bounds_its_line(user: User, file: Path) -> None:
    call = "20261122-093000-" + "ab12" * 10
    with Store.open(file) as store:
        Audit(store).add("sue", Did.READ_CALL, call=call, about="about many things " * 5)
    assert call in done(user("audit"))


def test_a_hub_that_keeps_nothing_has_no_users(user: User) -> None:
    assert "store.path" in refused(user("list", VOICEASSIST_STORE__PATH=""))


def test_the_users_of_a_hub_are_not_in_the_file_of_ones_own_calls(user: User, tmp_path: Path) -> None:
    home = {"VOICEASSIST_STORE__PATH": "auto", "XDG_DATA_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    done(user("add", "ada", "--role", "admin", "--no-password", HOME=str(tmp_path), **home))
    assert [path.name for path in tmp_path.rglob("*.sqlite3")] == ["hub.sqlite3"]


def test_the_users_of_a_hub_may_be_in_postgresql(user: User, postgres: PostgresServer) -> None:
    name = postgres.database()
    there = {"VOICEASSIST_STORE__URL": postgres.url(name)}
    done(user("add", "ada", "--role", "admin", "--password-stdin", stdin=PASSWORD, **there))
    assert [row["id"] for row in rows(user("list", "--json", **there))] == ["ada"]
    assert rows(user("list", "--json")) == []
    postgres.drop(name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
@pytest.mark.parametrize("typed", [(PASSWORD, PASSWORD), (PASSWORD, "mistyped it", PASSWORD, PASSWORD)], ids=len)
def test_a_password_is_asked_for_twice_and_never_shown(file: Path, tmp_path: Path, typed: tuple[str, ...]) -> None:
    ours, terminal = os.openpty()
    command = [sys.executable, "-m", "voiceassist", "user", "add", "ada", "--role", "admin"]
    environ = {**os.environ, "VOICEASSIST_STORE__PATH": str(file), "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=tmp_path, env=environ, start_new_session=True
    )
    os.close(terminal)
    seen = ""
    for number, line in enumerate(typed, 1):
        while len(re.findall("Password: |Once more: ", seen)) < number:
            seen += os.read(ours, 1024).decode()
        os.write(ours, f"{line}\n".encode())
    while part := _read(ours):
        seen += part
    os.close(ours)
    assert child.wait() == 0, seen
    assert [line for line in typed if line in seen] == []
    assert "added: ada" in seen
    with Store.open(file) as store:
        assert Door(store, Passwords()).login("ada", PASSWORD, "192.0.2.1").visitor.role == "admin"


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 1024).decode()
    except OSError:  # so Linux says that the other end is closed
        return ""
