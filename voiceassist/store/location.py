"""Where the file lies that calls are kept in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from voiceassist.errors import StoreError

AUTO = "auto"
NAME = "calls.sqlite3"
HUB_NAME = "hub.sqlite3"


def location(path: str, environ: Mapping[str, str]) -> Path | None:
    """The file that the setting `store.path` means: "auto" is in the user's data folder; None where nothing is kept.

    Raises StoreError for a home that nobody has.
    """
    if path == AUTO:
        return data_folder(environ) / NAME
    try:
        return Path(path).expanduser() if path else None
    except RuntimeError as error:
        raise StoreError(f"store.path = {path!r}: {error}") from None


def hub_location(path: str, environ: Mapping[str, str]) -> Path:
    """The file of a hub: beside that of one's own calls, unless `store.path` names one.

    Raises StoreError where nothing is to be kept: a hub must know who may come in.
    """
    if path == AUTO:
        return data_folder(environ) / HUB_NAME
    file = location(path, environ)
    if file is None:
        raise StoreError("a hub keeps its users and calls: store.path may not be empty")
    return file


def data_folder(environ: Mapping[str, str]) -> Path:
    """Where the program keeps what is this user's."""
    return _data_folder(environ) / "voiceassist"


def _data_folder(environ: Mapping[str, str]) -> Path:
    """Where programs of this user keep their data, by each system's own rule."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or environ.get("APPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    named = Path(environ.get("XDG_DATA_HOME") or "")
    return named if named.is_absolute() else home / ".local" / "share"
