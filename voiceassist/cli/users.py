"""Commands for who may come in to a hub: users, their teams, invites, and who did what."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

import typer
from rich.markup import escape
from rich.table import Table

from voiceassist.cli import asking
from voiceassist.cli.common import JsonFlag, load_settings
from voiceassist.cli.output import make_console, note, out
from voiceassist.errors import UsageError
from voiceassist.settings import ServeSettings

if TYPE_CHECKING:  # what the other commands need not wait for
    from voiceassist.accounts.audit import Audit
    from voiceassist.accounts.office import Issued, Office
    from voiceassist.accounts.users import User
    from voiceassist.store.database import Store

user = typer.Typer(help="Who may come in to the hub: users, teams, invites, the log.", no_args_is_help=True)

Role: TypeAlias = Literal["agent", "supervisor", "admin", "worker"]

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with: a-z, 0-9, dot, hyphen, _ and @.")]
_Teams = Annotated[
    list[str] | None, typer.Option("--team", metavar="TEAM", help="A team; for supervisors more than one.")
]
_FullName = Annotated[str | None, typer.Option("--name", metavar="NAME", help="The name that people read.")]
_Url = Annotated[
    str | None, typer.Option(help="The hub's address; else it is made of serve.names, serve.host and serve.port.")
]
_Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")]


@user.command(name="add")
def add(  # noqa: PLR0913 - what makes a user
    login: _Name,
    *,
    role: Annotated[Role, typer.Option(help="agent, supervisor, admin or worker.")] = "agent",
    team: _Teams = None,
    name: _FullName = None,
    password_stdin: _Stdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Set none: the user comes in by OpenID Connect, see invite --for.")
    ] = False,
) -> None:
    """Add a user, and ask for the password; teams that are new are begun."""
    from voiceassist.accounts.users import login_name  # noqa: PLC0415
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    if no_password and password_stdin:
        raise UsageError("--no-password and --password-stdin: only one of them")
    if role == "agent" and len(team or ()) != 1:
        raise UsageError("an agent belongs to exactly one team: --team TEAM")
    login_name(login)  # before anything is asked
    no_password = no_password or role == "worker"  # it comes in by its key alone
    with _hub() as (office, _):
        known = office.teams(CONSOLE)
        password = None if no_password else asking.password(stdin=password_stdin)
        added = office.add_user(CONSOLE, login, name=name or "", role=role, teams=team or (), password=password)
        _say_new_teams(office, known)
    note(f"added: {_told(added)}")


@user.command(name="invite")
def invite(
    *,
    role: Annotated[Literal["agent", "supervisor"], typer.Option(help="agent or supervisor.")] = "agent",
    team: Annotated[str, typer.Option("--team", metavar="TEAM", help="The team to join.")] = "",
    login: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="NAME",
            help="Only for this login name; for a user that there is, to a first login by OpenID Connect.",
        ),
    ] = "",
    url: _Url = None,
) -> None:
    """Print a link that makes somebody a user, who chooses a name and a password; good for three days, once."""
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    address = _hub_address(url)
    with _hub() as (office, _):
        known = office.teams(CONSOLE)
        issued = office.invite(CONSOLE, role, team, login)
        _say_new_teams(office, known)
    wanted = f"as {issued.key.role} in {issued.key.team}" if issued.key.team else "to a first login by OpenID Connect"
    note(f"invited: {issued.key.note or 'whoever has this link'}, {wanted}")
    _say_until(issued)
    out(f"{address}/#i={issued.token}")


@user.command(name="link")
def link(login: _Name, *, url: _Url = None) -> None:
    """Print a link for a user that there is, good once, for an hour: for an agent's or worker's join, else a login."""
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    address = _hub_address(url)
    with _hub() as (office, _):
        issued = office.link(CONSOLE, login)
        [role] = [one.role for one in office.users(CONSOLE) if one.id == issued.key.user]
    _say_until(issued)
    out(f"{address}/#m={issued.token}" if role in {"agent", "worker"} else f"{address}/board#t={issued.token}")


@user.command(name="list")
def list_(*, as_json: JsonFlag = False) -> None:
    """List the users, with their roles and teams."""
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    with _hub() as (office, _):
        found = office.users(CONSOLE)
    if as_json:
        for one in found:
            out(json.dumps(_row(one), ensure_ascii=False))
    elif found:
        table = _table("login", "name", "role", "teams", "comes in by", "since")
        for one in found:
            ways = [way for way, has in (("password", one.password), ("OpenID", one.openid)) if has]
            by = "disabled" if one.disabled_at else ", ".join(ways) or "nothing yet"
            cells = (one.id, one.name, one.role, ", ".join(sorted(one.teams)), by, f"{one.created_at:%Y-%m-%d}")
            table.add_row(*map(escape, cells))
        make_console(whole=True).print(table)
    else:
        note("there is no user yet: voiceassist user add NAME --role admin")


@user.command(name="change")
def change(
    login: _Name,
    *,
    role: Annotated[Role | None, typer.Option(help="agent, supervisor, admin or worker.")] = None,
    team: _Teams = None,
    no_team: Annotated[bool, typer.Option("--no-team", help="Take a supervisor or admin out of all teams.")] = False,
    name: _FullName = None,
) -> None:
    """Change what is given of a user; --team names all teams. With another role, sessions and machines end."""
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    if no_team and team:
        raise UsageError("--no-team and --team: only one of them")
    if role is None and name is None and not team and not no_team:
        raise UsageError("nothing to change: --role, --team, --no-team or --name")
    with _hub() as (office, _):
        known = office.teams(CONSOLE)
        changed = office.change_user(CONSOLE, login, name=name, role=role, teams=[] if no_team else team or None)
        _say_new_teams(office, known)
    note(f"changed: {_told(changed)}")


@user.command(name="disable")
def disable(login: _Name) -> None:
    """Shut a user out at once: sessions, machines and invites end; calls stay."""
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    with _hub() as (office, _):
        note(f"disabled: {_told(office.disable(CONSOLE, login))}")


@user.command(name="enable")
def enable(login: _Name) -> None:
    """Let a user in again, whose machines must be added anew."""
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    with _hub() as (office, _):
        note(f"enabled: {_told(office.enable(CONSOLE, login))}")


@user.command(name="password")
def password_(login: _Name, *, password_stdin: _Stdin = False) -> None:
    """Give a user another password; the user's sessions end."""
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    with _hub() as (office, _):
        office.set_password(CONSOLE, login, asking.password(stdin=password_stdin))
    note(f"{login}: the new password holds, and all sessions are closed")


@user.command(name="audit")
def audit(
    *,
    call: Annotated[str | None, typer.Option(metavar="ID", help="Only what was done with this call.")] = None,
    who: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this user did.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Show who did what, with whose call or account."""
    with _hub() as (_, log):
        entries = log.entries(call=call, who=who, limit=limit)
    if as_json:
        for one in entries:
            said = {"at": one.at.isoformat(), "who": one.who, "did": one.did, "call": one.call, "about": one.about}
            out(json.dumps(said, ensure_ascii=False))
    elif entries:
        table = _table("at", "who", "did", "call", "about")
        for one in entries:
            at = f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}"
            table.add_row(*map(escape, (at, one.who or "?", one.did, one.call or "", one.about)))
        make_console(whole=True).print(table)
    else:
        note("nothing was done yet")


@contextmanager
def _hub() -> Generator[tuple[Office, Audit]]:
    """The office and the log of the hub's store, which is made where there is none."""
    from voiceassist.accounts.audit import Audit  # noqa: PLC0415
    from voiceassist.accounts.office import Office  # noqa: PLC0415
    from voiceassist.accounts.passwords import Passwords  # noqa: PLC0415

    with _store() as store:
        yield Office(store, Passwords()), Audit(store)


def _store() -> Store:
    from voiceassist.store.database import Store  # noqa: PLC0415
    from voiceassist.store.location import hub_location  # noqa: PLC0415

    settings = load_settings({}).store
    return Store.open(settings.url or hub_location(settings.path, os.environ))


def _hub_address(url: str | None) -> str:
    return _checked(url) if url is not None else _address(load_settings({}).serve)


def _checked(url: str) -> str:
    """The address of a hub, without a path."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    else:
        good = good and parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if not good:
        raise UsageError("--url is the hub's address, such as https://hub.example")
    return url.rstrip("/")


def _address(serve: ServeSettings) -> str:
    """The address at which others reach the hub that these settings make."""
    behind = bool(serve.proxies and serve.names)
    scheme, usual = ("https", 443) if serve.tls_cert or behind else ("http", 80)
    host = serve.names[0] if serve.names else serve.host
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        if ":" in host:  # a name may come with its port
            return f"{scheme}://{host}"
    else:
        if parsed.is_unspecified:
            raise UsageError("serve.host is every address of this machine: name one in serve.names, or give --url")
        host = f"[{host}]" if parsed.version == 6 else host  # noqa: PLR2004 - of IP
    if behind:  # a proxy has the usual port, unless the name says another one
        return f"{scheme}://{host}"
    if serve.port == 0:
        raise UsageError("serve.port is any port: give the hub's address by --url")
    return f"{scheme}://{host}" + ("" if serve.port == usual else f":{serve.port}")


def _say_new_teams(office: Office, known: tuple[str, ...]) -> None:
    from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

    for team in office.teams(CONSOLE):
        if team not in known:
            note(f"team {team} is new")


def _say_until(issued: Issued) -> None:
    until = issued.key.expires_at
    note("good once" + ("" if until is None else f", until {until.astimezone():%Y-%m-%d %H:%M}"))


def _told(one: User) -> str:
    teams = f" in {', '.join(sorted(one.teams))}" if one.teams else ""
    return f"{one.id} ({one.name}), {one.role}{teams}"


def _row(one: User) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "role": one.role,
        "teams": sorted(one.teams),
        "created_at": one.created_at.isoformat(),
        "disabled_at": None if one.disabled_at is None else one.disabled_at.isoformat(),
        "password": one.password,
        "openid": one.openid,
    }


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
