"""A playbook that is edited while calls go on: read anew when its file has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from voiceassist.core.playbook import Playbook
from voiceassist.playbooks.book import sources

_Stamp: TypeAlias = tuple[tuple[Path, int, int], ...]


class Watch:
    """Tells when a playbook, or one that it extends, has changed since; make it before the playbook is first read."""

    def __init__(self, name: str | Path, load: Callable[[str | Path], Playbook]) -> None:
        self._name = name
        self._load = load
        self._files = sources(name)
        self._seen = self._stamp()

    @property
    def folders(self) -> set[Path]:
        """Where its files lie, as far as these folders are there."""
        first, *others = self._files
        return {first.parent, *(path.parent for path in others if path.parent.is_dir())}

    def poll(self) -> Playbook | None:
        """The playbook as it is now, where it has changed, else None; to be called between calls.

        Raises PlaybookError, once for each change, where it cannot be read: the one that was read before holds on.
        """
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._files = sources(self._name)
        self._seen = self._stamp()
        return self._load(self._name)

    def _stamp(self) -> _Stamp:
        """What a change shows in: a file that is missing, too."""
        stamps: list[tuple[Path, int, int]] = []
        for path in self._files:
            try:
                status = path.stat()
            except OSError:
                stamps.append((path, 0, -1))
            else:
                stamps.append((path, status.st_mtime_ns, status.st_size))
        return tuple(stamps)
