"""What the command line says: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from typing import NoReturn

from rich.console import Console

from voiceassist.server import messages as wire
from voiceassist.server.codec import dump

_UNBOUNDED = 10_000
"""Columns of a table that no line holds."""


class ReaderGoneError(Exception):
    """Whoever read our output has enough of it: that is no fault."""


class _Console(Console):
    """Rich's, save that a reader who has enough is told of like everywhere else."""

    def on_broken_pipe(self) -> None:
        raise ReaderGoneError from None


def make_console(*, stderr: bool = False, whole: bool = False) -> Console:
    """Where people read: no colours of its own choosing.

    What must stay `whole`, such as the id of a call, is not broken where no terminal bounds a line.
    """
    unbounded = whole and not sys.stdout.isatty()
    return _Console(highlight=False, stderr=stderr, width=_UNBOUNDED if unbounded else None)


def print_message(message: wire.CallEvent) -> None:
    """One wire message as a line of JSON."""
    out(dump(message))


def out(text: str) -> None:
    """A line of the result. Raises ReaderGoneError where nobody reads any more."""
    try:
        print(text, flush=True)  # noqa: T201 - the one place that prints
    except BrokenPipeError:
        raise ReaderGoneError from None


def note(text: str) -> None:
    """A line beside the result."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the one place that prints


def ask(question: str) -> bool:
    """A person's yes or no to a question beside the result. Raises EOFError where nobody answers."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201 - the one place that prints
    answer = sys.stdin.readline()
    if not answer:
        note("")
        raise EOFError
    return answer.strip().lower() in {"y", "yes"}


def fail(code: str, message: str) -> NoReturn:
    """Leave with the one line that tells what was wrong and what to do."""
    note(f"voiceassist: error[{code}]: {' '.join(message.split())}")
    sys.exit(2)
