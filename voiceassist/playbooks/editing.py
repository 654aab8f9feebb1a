"""Changes a playbook's file and leaves its comments and its order: read as it stands, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from voiceassist.errors import PlaybookError
from voiceassist.playbooks.document import MOST_BYTES

_WIDTH = 4096
"""No line of the file is broken anew."""


def content_of(path: Path) -> bytes:
    """The file's bytes, none where there is no file. Raises PlaybookError."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise PlaybookError(f"{path}: {error.strerror or error}") from None


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing: a playbook may be read at any time. Raises PlaybookError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise PlaybookError(f"{path}: {error.strerror or error}") from None


def round_trip() -> Any:
    """A reader and writer of YAML that keeps comments, order and quotes."""
    yaml: Any = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def flow(entries: Iterable[str]) -> CommentedSeq:
    """A list on one line."""
    sequence: Any = CommentedSeq(entries)
    sequence.fa.set_flow_style()
    return sequence
