"""Whether the server lives, and whether it can serve: for whoever starts it or sends visitors to it."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Response
from pydantic import BaseModel


class Health(BaseModel, frozen=True):
    """How the server is: `ok`; `ready` or `starting`."""

    status: str


def add_health(app: FastAPI, ready: Callable[[], bool]) -> None:
    """Add `/healthz` and `/readyz`; `ready` answers the latter."""

    @app.get("/healthz", tags=["operation"], summary="Does it live?")
    async def healthz() -> Health:
        """Whether the server lives; without a token."""
        return Health(status="ok")

    @app.get(
        "/readyz",
        tags=["operation"],
        summary="Can it serve?",
        responses={503: {"model": Health, "description": "It cannot serve now: it starts, or lacks its store or bus."}},
    )
    async def readyz(response: Response) -> Health:
        """Whether the server can serve; without a token."""
        if ready():
            return Health(status="ready")
        response.status_code = 503
        return Health(status="starting")
