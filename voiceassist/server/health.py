"""Whether the server lives, and whether it can serve: for whoever starts it or sends visitors to it."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Response


def add_health(app: FastAPI, ready: Callable[[], bool]) -> None:
    """Add `/healthz` and `/readyz`; `ready` answers the latter."""

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        if ready():
            return {"status": "ready"}
        response.status_code = 503
        return {"status": "starting"}
