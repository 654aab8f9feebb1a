"""Questions to whoever sits at the terminal, beside the result."""

from __future__ import annotations

import sys

import typer

from voiceassist.errors import UsageError


def line(question: str) -> str:
    """What is answered, in one line. Raises UsageError where there is no terminal."""
    _must_be_terminal("answer on a terminal")
    return typer.prompt(question, err=True)


def password(*, stdin: bool) -> str:
    """The password that is typed twice, or the line that a program sends. Raises UsageError."""
    if stdin:
        try:
            return sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise UsageError("--password-stdin: the password is not UTF-8") from None
    _must_be_terminal("--password-stdin reads the password")
    return typer.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)


def _must_be_terminal(instead: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"there is no terminal to ask at: {instead}")
