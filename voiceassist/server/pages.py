"""The files of the pages, and the page that lies behind each address."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Response
from starlette.exceptions import HTTPException

from voiceassist.errors import ServerError

_SERVED = frozenset({".html", ".css", ".js", ".svg", ".png", ".ico", ".webmanifest"})


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    body: bytes
    media_type: str


def add_pages(app: FastAPI, folder: Path, addresses: Mapping[str, str] | None = None) -> None:
    """Serve the files of `folder`, read now; `addresses` are those that have another address than their name.

    Must come after all other routes. Raises `ServerError` when the folder holds no page.
    """
    files = _read(folder)
    files.update((address, files[name]) for address, name in (addresses or {}).items() if name in files)

    @app.api_route("/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(name: str) -> Response:
        file = files.get(name)
        if file is None:
            raise HTTPException(404)
        return Response(file.body, media_type=file.media_type)


def _read(folder: Path) -> dict[str, File]:
    """The files of `folder` by their path in the address; what a request names is looked up here, never on the disk."""
    files = {
        path.relative_to(folder).as_posix(): File(path.read_bytes(), _media_type(path))
        for path in sorted(folder.rglob("*"))
        if path.suffix in _SERVED and path.is_file()
    }
    if "index.html" not in files:
        raise ServerError("the overlay's page is missing: install voiceassist again")
    return {"": files["index.html"], **files}


def _media_type(path: Path) -> str:
    # Windows takes types from its registry, where scripts are often called plain text.
    known = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
    return known.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
