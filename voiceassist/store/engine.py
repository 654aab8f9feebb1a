"""Connections to the database that holds a store: a SQLite file, or a PostgreSQL server."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, InvalidatePoolError, OperationalError

from voiceassist.errors import StoreError

WRITES = "voiceassist_writes"
"""The execution option of a connection that will write."""
_PRAGMAS = (
    "journal_mode=WAL",  # readers and the writer do not wait for each other
    "synchronous=FULL",  # what is committed outlives a power cut; only the writer's own thread waits for the disk
    "busy_timeout=5000",
    "secure_delete=ON",  # what is deleted is overwritten
)
_FORM = "postgresql://user:password@host:port/name"
_ANSWER = 60.0
"""Seconds within which a server must answer; one whose machine vanished never does."""
_REFUSED = ("22", "23")
"""The classes of SQLSTATE for a value that does not fit, or breaks a rule of its table."""

# --- SQLite -----------------------------------------------------------------------------------------------------------


def sqlite(path: Path, *, foreign_keys: bool = True) -> Engine:
    """Connections to the file."""
    engine = create_engine(URL.create("sqlite", database=str(path)))

    def connected(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins no transaction: it would leave changed tables out of it
        for pragma in (*_PRAGMAS, f"foreign_keys={int(foreign_keys)}"):
            connection.execute(f"PRAGMA {pragma}").close()

    def begun(connection: Connection) -> None:
        # Who will write says so at once: one that read first and finds another writing cannot wait for it.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def address(url: str) -> URL:
    """The server and database that `url` names. Raises StoreError, which never holds the password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"a database is named as {_FORM}") from None
    if parsed.drivername != "postgresql" or not parsed.database:
        raise StoreError(f"a database is named as {_FORM}: this is {parsed.render_as_string(hide_password=True)}")
    if unknown := parsed.query.keys() - {"host", "sslmode", "sslrootcert"}:
        raise StoreError(f"{', '.join(sorted(unknown))}: a database's address has only host, sslmode and sslrootcert")
    return parsed.set(drivername="postgresql+pg8000")


def postgresql(server: URL, *, answer: float | None = _ANSWER) -> Engine:
    """Connections to the server, which are looked at before each use: it may have started anew meanwhile.

    What is not answered within `answer` seconds has failed. Raises StoreError where the driver is missing, or a
    certificate cannot be read.
    """
    arguments: dict[str, object] = {"timeout": answer, "application_name": "voiceassist", **_way(server)}
    try:
        engine = create_engine(server.set(query={}), connect_args=arguments)
    except ImportError:
        raise StoreError("PostgreSQL needs its driver: pip install 'voiceassist[postgres]'") from None

    errors = engine.dialect.loaded_dbapi.Error, OSError

    def taken(connection: Any, _record: object, _fairy: object) -> None:
        connection.autocommit = True  # outside of the transaction that is about to begin
        try:
            connection.cursor().execute("SELECT 1")
        except errors:
            raise InvalidatePoolError from None
        connection.autocommit = False

    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", taken)
    event.listen(engine, "begin", _begun)
    event.listen(engine, "handle_error", _failed, retval=True)
    return engine


# The driver lets some errors of the socket through as they are: they become its own, and end their connection.


def _connect(dialect: Dialect, _record: object, args: list[Any], named: dict[str, Any]) -> DBAPIConnection:
    try:
        return dialect.connect(*args, **named)
    except OSError as error:
        raise dialect.loaded_dbapi.OperationalError(error.strerror or "no answer") from None


def _failed(context: ExceptionContext) -> BaseException | None:
    if not isinstance(context.original_exception, OSError):
        return None
    context.is_disconnect = True
    return OperationalError(None, None, context.original_exception)


def _begun(connection: Connection) -> None:
    if not _writes(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _way(server: URL) -> Mapping[str, object]:
    """How the server is reached: through a socket in a folder (`host`), or encrypted as `sslmode` has it."""
    asked = {name: value if isinstance(value, str) else value[-1] for name, value in server.query.items()}
    if folder := asked.get("host"):
        return {"unix_sock": str(Path(folder) / f".s.PGSQL.{server.port or 5432}")}
    mode = asked.get("sslmode", "prefer")
    if mode == "prefer":  # the driver's own way: encrypted where the server can, whoever answers
        return {}
    if mode == "disable":
        return {"ssl_context": False}
    try:
        context = ssl.create_default_context(cafile=asked.get("sslrootcert"))
    except OSError as error:
        raise StoreError(f"sslrootcert: {error.strerror or 'no certificate is in it'}") from None
    if mode == "require":  # encrypted, whoever answers
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif mode != "verify-full":
        raise StoreError("sslmode is prefer, disable, require or verify-full")
    return {"ssl_context": context}


# --- both -------------------------------------------------------------------------------------------------------------


def reason(error: DBAPIError) -> str:
    """What the driver said, without the statement and the row: they may hold what somebody said."""
    return _said(error).get("M") or str(error.orig)


def refuses_values(error: DBAPIError) -> bool:
    """Tell whether the values are at fault, so that trying again is in vain."""
    return isinstance(error, (IntegrityError, DataError)) or _said(error).get("C", "")[:2] in _REFUSED


def _said(error: DBAPIError) -> Mapping[str, str]:
    """The fields of a PostgreSQL server's answer; none where the driver itself speaks."""
    first = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return cast("dict[str, str]", first) if isinstance(first, dict) else {}


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(WRITES, False))
