"""What is answered where something goes wrong: one code and one line, and never a word of what was sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from voiceassist.errors import AccountError, VoiceassistError
from voiceassist.server.guard import refuse

_STATUS = {
    "unknown-call": 404,
    "call-unknown": 404,
    "unknown-alert": 404,
    "unknown-user": 404,
    "login-provider": 502,
    "call-live": 409,
    "no-call": 409,
    "user-exists": 409,
    "invite": 409,
    "usage": 422,
    "store": 503,
    "store-damaged": 503,
    "store-refused": 422,
    "wrong-login": 401,
    "token-used": 401,
    "token-unknown": 401,
    "wait": 429,
    "user-disabled": 403,
    "not-yours": 403,
    "forbidden": 403,
    "not-invited": 403,
    "weak-password": 422,
    "bad-name": 422,
    "bad-role": 422,
}


_MEANING: Mapping[int, str] = {
    401: "There is no valid token, or what was given opens nothing.",
    403: "It is not yours to see or to do, or a foreign page asks.",
    404: "There is no such thing.",
    409: "It does not go together with how things stand.",
    411: "The length of the body is missing.",
    413: "The body holds more than 64 KiB.",
    421: "The server is not known by that name.",
    422: "What was sent is not what is asked for here.",
    429: "Too many logins failed: `Retry-After` says for how many seconds.",
    502: "Who vouches by OpenID Connect cannot be reached, or says what cannot be believed.",
    503: "The store cannot be used now.",
}


class Problem(BaseModel, frozen=True):
    """What went wrong: `code` is stable, `message` is one line for people."""

    code: str
    message: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How an operation may fail, for its description."""
    return {status: {"model": Problem, "description": _MEANING[status]} for status in statuses}


def add_failures(app: FastAPI) -> None:
    """Answer all failures of the app in our own form."""
    app.add_exception_handler(Exception, _on_fault)
    app.add_exception_handler(VoiceassistError, _on_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_bad_request)


_WORDS: Mapping[int, tuple[str, str]] = {
    401: ("unauthorized", "no valid token"),
    403: ("forbidden", "that is not yours"),
    404: ("not-found", "there is nothing here"),
    405: ("bad-method", "that cannot be done here"),
}


async def _on_fault(_request: Request, _error: Exception) -> Response:
    return refuse(500, "fault", "something went wrong at the server, which has written down what")


async def _on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, VoiceassistError)
    response = refuse(_STATUS.get(error.code, 409), error.code, str(error))
    if isinstance(error, AccountError) and error.seconds:
        response.headers["Retry-After"] = str(math.ceil(error.seconds))
    return response


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # a body that is not even JSON
        return await _on_bad_request(request, error)
    response = refuse(error.status_code, *_WORDS.get(error.status_code, ("http", str(error.detail))))
    response.headers.update(error.headers or {})
    return response


async def _on_bad_request(_request: Request, _error: Exception) -> Response:
    # The framework's own answer repeats what was sent, which may be a token.
    return refuse(422, "bad-request", "the request's body is not what is asked for here")
