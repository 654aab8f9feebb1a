"""What went wrong with Redis, in words that hold nothing of what was sent: neither password nor what people said."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

_SAID: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    ((AuthenticationError, AuthorizationError), "refuses the user or the password"),
    (NoPermissionError, "does not permit this user to use its streams"),
    (BusyLoadingError, "is still loading its data"),
    (OutOfMemoryError, "is out of memory"),
    (ReadOnlyError, "is a replica that takes no entries"),
    ((RedisTimeoutError, TimeoutError), "does not answer"),
)
_CODE = re.compile(r"[('\"]*([A-Z]+) ")
_BY_CODE = {
    "MISCONF": "cannot write to its disk",
    "WRONGTYPE": "keeps something else under the name of the stream",
}


def reason(error: BaseException, address: str) -> str:
    """One clause with the address (host:port) of the Redis and what became of it."""
    return f"Redis at {address} {_said(error)}"


def _said(error: BaseException) -> str:
    for kind, words in _SAID:
        if isinstance(error, kind):
            return words
    if isinstance(error, ResponseError):
        # Only the code: around it the arguments of the command may be repeated.
        code = _CODE.match(str(error).rpartition("caused error: ")[2])
        return _BY_CODE.get(code.group(1) if code else "", "refuses a command; it must be Redis 6.2 or later")
    causes = (_caused(cause) for cause in _causes(error))
    return next((said for said in causes if said), "cannot be reached" if isinstance(error, OSError) else "hung up")


def _caused(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"has a certificate that does not hold: {error.verify_message}"
        case ssl.SSLError():
            return "does not speak TLS as it should"
        case socket.gaierror():
            return "cannot be reached: nobody knows that name"
        case OSError(errno=int(number)):
            return f"cannot be reached: {os.strerror(number)}"
        case _:
            return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while isinstance(error, OSError | RedisError):
        yield error
        error = error.__cause__ or error.__context__
