"""The OpenAPI document: complete, and true of a running hub, whatever it is asked and by whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from server.floor.conftest import Town

from voiceassist.accounts.visitor import CONSOLE
from voiceassist.server.floor.app import describe, floor_api

DOCUMENT = describe(floor_api())
TRUE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 8, GenerationMode.NEGATIVE: 6}
"""Requests of each kind to each operation, each time the same ones."""


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_says_what_it_is() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(set(ids)) == len(ids)
    for name, operation in operations():
        assert all(operation.get(part) for part in ("operationId", "summary", "description", "tags")), name
        assert {"403", "413", "421"} <= operation["responses"].keys(), name
        for status, response in operation["responses"].items():
            if status >= "4" and (name, status) != ("GET /readyz", "503"):
                assert response == {"$ref": f"#/components/responses/{status}"}, name
    for response in DOCUMENT["components"]["responses"].values():
        assert response["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_who_needs_a_token_says_so() -> None:
    without = {name for name, operation in operations() if "security" not in operation}
    assert without == {
        *("GET /healthz", "GET /readyz", "GET /api/login", "POST /api/session", "DELETE /api/session"),
        *("POST /api/invites/look", "POST /api/invites/accept", "POST /api/invites/oidc"),
    }
    for name, operation in operations():
        if name not in without:
            assert "401" in operation["responses"], name


@pytest.mark.parametrize("who", ["ada", "sam", "root"])
async def test_what_is_described_is_what_is_answered(town: Town, who: str) -> None:
    await asyncio.to_thread(explore, town, who)


def explore(town: Town, who: str) -> None:
    """Ask for everything, rightly and wrongly, as this user."""
    office, door = town.hub.house.office, town.hub.house.door

    def token() -> str:
        """Of a session that is not over: one of the requests closes it, another one opens a new one."""
        if door.check(town.tokens[who]) is None:
            town.tokens[who] = door.open_session(office.link(CONSOLE, who).token).token
        return town.tokens[who]

    def ask(case: Case) -> None:
        response = case.call(base_url=town.url, headers={"Authorization": f"Bearer {token()}"})
        wrong = case.meta is not None and case.meta.generation.mode.is_negative and case.method != "GET"
        case.validate_response(response, checks=[*TRUE, negative_data_rejection] if wrong else TRUE)

    schema = schemathesis.openapi.from_dict(DOCUMENT)
    for found in schema.get_all_operations():
        operation = found.ok()
        asks = bool(operation.path_parameters or operation.query or operation.body)
        for mode, examples in EXAMPLES.items():
            if mode.is_negative and not asks:
                continue  # there is nothing to say wrongly
            some = settings(
                max_examples=examples, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
            )
            some(given(operation.as_strategy(generation_mode=mode))(ask))()
