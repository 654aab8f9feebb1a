"""Writes journals while calls go on: a session that notes everything it is told and everything it tells."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np
from pydantic import TypeAdapter

from voiceassist import __version__
from voiceassist.core.events import Event
from voiceassist.core.playbook import Playbook
from voiceassist.core.policy import Hearing, Policy
from voiceassist.core.session import CallSession
from voiceassist.core.types import AudioState, Channel, Label, Purpose, Request, Scores, Transcribe, Word
from voiceassist.errors import StoreError
from voiceassist.privacy import redact, redact_event, redact_piece
from voiceassist.server import messages as wire
from voiceassist.server.codec import to_wire

FORMAT = 1
ENDING = ".journal.jsonl"
_TOGETHER = 64
"""Frames that make a line, where nothing else happens."""
_KEPT_OPEN = 4
"""Journals of calls that are over in which a page may still note what it painted."""

_SAID = frozenset({"text", "quote", "asked", "words", "note", "message"})
_MARKS = re.compile(r"\[(?:NUMBER|CARD|CODE)\](?:[ ,.-]*\[(?:NUMBER|CARD|CODE)\])*")
"""Marks side by side: where one number was said in pieces, each has one of its own."""

HEARING: TypeAdapter[Hearing] = TypeAdapter(Hearing)
POLICY: TypeAdapter[Policy] = TypeAdapter(Policy)


class Journals:
    """The journals of one program's calls, in a folder; without one, none are written."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._open: dict[str, RecordedSession] = {}
        self._trouble: StoreError | None = None

    def session(  # noqa: PLR0913 - a session's, and what is noted with it
        self,
        call: str,
        channels: Sequence[Channel],
        *,
        policy: Policy,
        hearing: Hearing,
        playbook: Playbook,
        about: Mapping[str, Any] | None = None,
    ) -> CallSession:
        """A session of this call that is noted in its journal, where one is wanted and can be written.

        `about` stands in the journal's first line: the `playbook`'s file, and whether the call is `live`.
        """
        plain = partial(CallSession, call, channels, policy=policy, hearing=hearing, playbook=playbook)
        if self._folder is None:
            return plain()
        try:
            file = _create(self._folder, call)
        except OSError as error:  # a call is worth more than its journal
            self._trouble = StoreError(
                f"journal.folder: {self._folder} cannot be written to: {error.strerror or error}", code="journal-failed"
            )
            return plain()
        ended = [name for name, session in self._open.items() if session.ended]
        for name in ended[: max(0, len(self._open) + 1 - _KEPT_OPEN)]:
            self._open.pop(name).journal.close()
        journal = Journal(file)
        head = {"journal": FORMAT, "version": __version__, "call": call, "channels": [*channels], **(about or {})}
        head |= {"began": datetime.now().astimezone().isoformat(timespec="seconds")}
        head |= {"hearing": asdict(hearing), "policy": POLICY.dump_python(policy, mode="json")}
        journal.begin(head)
        session = RecordedSession(journal, call, channels, policy=policy, hearing=hearing, playbook=playbook)
        self._open[call] = session
        return session

    def trouble(self) -> StoreError | None:
        """Why the last journal could not be begun, told once."""
        trouble, self._trouble = self._trouble, None
        return trouble

    def note(self, command: wire.Command) -> None:
        """Note what a page says that it has painted: a moment or nudge, whose id begins with its call's."""
        if isinstance(command, wire.Painted):
            session = self._open.get(command.call or command.id.rpartition("-")[0])
            if session is not None:
                session.journal.note("painted", id=command.id)

    def close(self) -> None:
        """Write what is left."""
        while self._open:
            self._open.popitem()[1].journal.close()


class Journal:
    """The file of one call. Its times are monotonic seconds since it was begun; a disk that fails ends it silently."""

    def __init__(self, file: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._began = clock()
        self._frames: list[tuple[Channel, int, float]] = []

    def begin(self, head: Mapping[str, Any]) -> None:
        """The first line: what the call goes by."""
        self._write(head)

    def heard(self, channel: Channel, end: int, probability: float) -> None:
        """A frame; many of them make one line."""
        self._frames.append((channel, end, round(probability, 6)))
        if len(self._frames) >= _TOGETHER:
            self._write_frames()

    def note(self, kind: str, /, **more: Any) -> None:
        """A line of its own, after everything before it."""
        self._write_frames()
        self._write({"t": self._now(), kind: more})

    def close(self) -> None:
        """Write what is left."""
        self._write_frames()
        with suppress(OSError):
            self._file.close()

    def _write_frames(self) -> None:
        if self._frames:
            self._write({"t": self._now(), "frames": self._frames})
            self._frames = []

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file.closed:
            return
        try:
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        except OSError:  # a call is worth more than its journal
            with suppress(OSError):
                self._file.close()

    def _now(self) -> float:
        return round(self._clock() - self._began, 5)


class RecordedSession(CallSession):
    """A session whose inputs and outputs are noted; it decides as any other."""

    def __init__(  # noqa: PLR0913 - a session's, and where it is noted
        self,
        journal: Journal,
        call: str,
        channels: Sequence[Channel],
        *,
        policy: Policy,
        hearing: Hearing,
        playbook: Playbook,
    ) -> None:
        super().__init__(call, channels, policy=policy, hearing=hearing, playbook=playbook)
        self.journal = journal
        self._within = False
        self._load = False

    @contextmanager
    def _noted(self, kind: str, /, **more: Any) -> Generator[None]:
        """Note an input that comes from outside; what the session does with it are inputs of its own making."""
        outermost, self._within = not self._within, True
        if outermost:
            self.journal.note(kind, **more)
        try:
            yield
        finally:
            self._within = not outermost

    # --- out ----------------------------------------------------------------------------------------------------------

    def events(self) -> list[Event]:
        events = super().events()
        for event in events:
            self.journal.note("told", **told(event))
        return events

    def requests(self) -> list[Request]:
        requests = super().requests()
        for request in requests:
            more = asdict(request.segment) if isinstance(request, Transcribe) else {}
            purpose = request.purpose if isinstance(request, Transcribe) else "scores"
            self.journal.note("asked", id=request.id, purpose=purpose, of=question(request), **more)
        return requests

    # --- in -----------------------------------------------------------------------------------------------------------

    def receive_audio(self, channel: Channel, end: int, probability: float) -> None:
        if not self._within:
            self.journal.heard(channel, end, 0.0 if self.paused else probability)
        super().receive_audio(channel, end, probability)

    def receive_gap(self, channel: Channel, start: int, end: int, *, lost: bool = False) -> None:
        with self._noted("gap", channel=channel, start=start, end=end, lost=lost):
            super().receive_gap(channel, start, end, lost=lost)

    def receive_source(self, channel: Channel, state: AudioState, device: str = "") -> None:
        with self._noted("source", channel=channel, state=state, device=device):
            super().receive_source(channel, state, device)

    def receive_load(self, *, overloaded: bool) -> None:
        if overloaded != self._load:
            self._load = overloaded
            self.journal.note("load", overloaded=overloaded)
        super().receive_load(overloaded=overloaded)

    def affirm(self) -> None:
        with self._noted("affirm"):
            super().affirm()

    def receive_turn(self, channel: Channel, start: int, end: int, text: str) -> None:
        with self._noted("turn", channel=channel, start=start, end=end, text=_safe(text)):
            super().receive_turn(channel, start, end, text)

    def receive_time(self, at: int) -> None:
        with self._noted("time", at=at):
            super().receive_time(at)

    def receive_words(self, request: int, words: Iterable[Word]) -> None:
        words = [*words]
        # What nobody waits for any more is not kept: a pause may be the reason.
        kept = words if self._purpose(request) is not None else []
        with self._noted("words", id=request, words=_redacted(kept)):
            super().receive_words(request, words)

    def receive_scores(self, request: int, scores: Scores) -> None:
        values = {label.value: round(float(scores[label]), 6) for label in Label}
        with self._noted("scores", id=request, language=scores.language, vector=_packed(scores.vector), **values):
            super().receive_scores(request, scores)

    def receive_nothing(self, request: int) -> None:
        with self._noted("nothing", id=request):
            super().receive_nothing(request)

    def receive_failure(self, request: int, code: str, message: str) -> None:
        with self._noted("failure", id=request, code=code, message=redact(message)):
            super().receive_failure(request, code, message)

    def dismiss(self, nudge: str) -> None:
        with self._noted("dismiss", nudge=nudge):
            super().dismiss(nudge)

    def snooze(self, duration: float | None) -> None:
        with self._noted("snooze", duration=duration):
            super().snooze(duration)

    def vote(self, nudge: str, *, helpful: bool) -> None:
        with self._noted("vote", nudge=nudge, helpful=helpful):
            super().vote(nudge, helpful=helpful)

    def pause(self) -> None:
        with self._noted("pause"):
            super().pause()

    def resume(self) -> None:
        with self._noted("resume"):
            super().resume()

    def end(self) -> None:
        with self._noted("end"):
            super().end()


def question(request: Request) -> tuple[str | int, ...]:
    """What a request asks, whatever its number: the same in the call and when it is decided again."""
    if isinstance(request, Transcribe):
        segment, early = request.segment, request.purpose is Purpose.TICK
        return (segment.channel.value, segment.onset, segment.offset, int(early))
    said = f"{_safe(request.prev)}\n{_safe(request.text)}"
    return (hashlib.sha256(said.encode()).hexdigest()[:16],)


def told(event: Event) -> dict[str, Any]:
    """An event as it stands in a journal."""
    message = to_wire(redact_event(event), None, None).model_dump(mode="json", exclude={"call", "seq", "cursor", "v"})
    safe: dict[str, Any] = _safe_words(message)
    return safe


def _safe_words(told: Any) -> Any:
    """A message with what somebody said redacted as pieces are."""
    if isinstance(told, dict):
        named = cast("dict[str, Any]", told)
        return {
            name: _safe(value) if name in _SAID and isinstance(value, str) else _safe_words(value)
            for name, value in named.items()
        }
    if isinstance(told, list):
        return [_safe_words(value) for value in cast("list[Any]", told)]
    return told


def _safe(text: str) -> str:
    return _MARKS.sub("[NUMBER]", redact_piece(text))


def _redacted(words: Sequence[Word]) -> list[tuple[int, int, str]]:
    """Start, end and text of each word; where something is private, of all of them as one."""
    text = " ".join(word.text.strip() for word in words if word.text.strip())
    if (safe := _safe(text)) != text:
        return [(words[0].start, words[-1].end, safe)]
    return [(word.start, word.end, word.text) for word in words]


def _packed(vector: np.ndarray) -> str:
    return base64.b64encode(vector.astype("<f2").tobytes()).decode()


def _create(folder: Path, call: str) -> TextIO:
    """A new file that only its owner may read. Raises OSError."""
    safe = re.sub(r"[^\w.-]+", "_", call)[:80].strip(".") or "call"
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        name = safe if number == 1 else f"{safe}-{number}"
        with suppress(FileExistsError):  # two calls may have one name
            path = os.open(folder / f"{name}{ENDING}", os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
            return os.fdopen(path, "w", buffering=1, encoding="utf-8")
    raise AssertionError("numbers do not end")
