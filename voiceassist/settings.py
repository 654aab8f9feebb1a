"""One typed object of settings: defaults < `voiceassist.toml` < environment `VOICEASSIST_SECTION__NAME` < flags."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    JsonValue,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from voiceassist.core.policy import Hearing, Policy
from voiceassist.core.types import NudgeKind, samples
from voiceassist.errors import SettingsError

FILE = "voiceassist.toml"
_PREFIX = "VOICEASSIST_"
_LISTS = frozenset({"coach.off", "serve.names", "serve.proxies"})

Seconds = Annotated[float, Field(allow_inf_nan=False)]
_SECRET: dict[str, JsonValue] = {"secret": True}
"""Marks a setting that may hold a password: no message repeats it."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            raise PydanticCustomError("number", "input should be a number")
        return value


class CoachSettings(_Section):
    grace: Seconds = Field(1.2, ge=0.2, le=10, description="Seconds of silence after a no before it is judged.")
    cooldown: Seconds = Field(20, ge=0, le=600, description="Seconds between two nudges of one kind.")
    cap: int = Field(3, ge=0, le=100, description="Nudges a call at most; renewals do not count.")
    off: frozenset[NudgeKind] = Field(frozenset(), description="Kinds of nudges that are switched off.")
    silent_share: float = Field(
        0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of calls that are judged but never nudged: the silent arm of a comparison.",
    )


class HearingSettings(_Section):
    pause: Seconds = Field(0.2, ge=0.06, le=2, description="Seconds without speech that end a breath.")
    by_words: bool = Field(
        default=True,
        description="Let the words choose how long a pause is, where the recogniser is quick enough for it.",
    )
    end: Seconds = Field(0.6, ge=0.1, le=5, description="Seconds without speech that end an utterance.")
    tick: Seconds = Field(0, ge=0, le=10, description="Seconds between words shown while still spoken; 0: at pauses.")


class AudioSettings(_Section):
    device: str = Field(
        "", description="The agent's microphone, by name or a part of it; empty: the machine's own choice."
    )
    customer_device: str = Field(
        "", description="What the customer is heard on, such as a headset's monitor; empty: none."
    )


class PlaybookSettings(_Section):
    file: str = Field(
        "general", min_length=1, description="What can be offered: a YAML file, or general, telecom, retail or travel."
    )


class CallSettings(_Section):
    auto: bool = Field(default=True, description="Begin a call with the agent's first speech.")
    quiet: Seconds = Field(60, ge=5, le=3600, description="Seconds without speech that end a call begun by itself.")


class HubSettings(_Section):
    url: str = Field("", pattern=r"^(wss?://\S+)?$", description="The hub to publish to; empty: none.")
    words: bool = Field(
        default=True,
        description="Pass on what was said, too, redacted: who opens a call on the board can read along.",
    )
    ca: str = Field(
        "", description="Certificate of who vouches for the hub, a PEM file; empty: whom the machine trusts."
    )


class TranscriberSettings(_Section):
    name: str = Field("auto", description="auto, faster-whisper, pocketsphinx or scripted.")
    model: str = Field("", description="Whisper model: its name in the local cache, or a folder; empty: what is there.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where Whisper runs: auto, cpu or cuda; auto: on the GPU where it can be used."
    )


class ServerSettings(_Section):
    host: str = Field("127.0.0.1", min_length=1, description="Address that the overlay is served on.")
    port: int = Field(8710, ge=0, le=65535, description="Port of the overlay; taken: the next free one. 0: any.")


class ServeSettings(_Section):
    host: str = Field("127.0.0.1", min_length=1, description="Address that the hub is served on.")
    port: int = Field(8720, ge=0, le=65535, description="Port of the hub; taken: the next free one. 0: any.")
    names: tuple[str, ...] = Field((), description="Names that others reach this server by, such as hub.example.")
    tls_cert: str = Field(
        "", description="Certificate (chain) of the hub, a PEM file; beyond this machine, or proxies, it is a must."
    )
    tls_key: str = Field("", description="Key of that certificate, a PEM file.")
    proxies: tuple[IPvAnyNetwork, ...] = Field(
        (),
        description="Load balancers, by address or network, whose X-Forwarded-For and -Proto are believed, such as "
        "10.0.0.0/28.",
    )
    log: bool = Field(
        default=False, description="Log what happens at the hub to standard error, a line of JSON an event."
    )
    metrics_token: str = Field(
        "",
        max_length=500,
        description="Bearer token with which a program may read the hub's /metrics, beside administrators.",
        json_schema_extra=_SECRET,
    )

    @field_validator("proxies", mode="after")
    @classmethod
    def _all_is_nobody(cls, networks: tuple[IPvAnyNetwork, ...]) -> tuple[IPvAnyNetwork, ...]:
        if any(network.prefixlen == 0 for network in networks):
            raise PydanticCustomError("proxies", "everybody cannot be believed: name the proxies alone")
        return networks


class WorkerSettings(_Section):
    lines: int = Field(4, ge=1, le=1000, description="Agents' lines that a worker recognises at once.")


class BusSettings(_Section):
    url: str = Field(
        "",
        pattern=r"^(rediss?://\S+)?$",
        description="Redis that joins several hub processes; empty: this process alone.",
        json_schema_extra=_SECRET,
    )


class LoginSettings(_Section):
    issuer: str = Field("", pattern=r"^(https?://\S+)?$", description="OpenID Connect: who vouches; empty: nobody.")
    client_id: str = Field("", description="OpenID Connect: this hub's name there.")
    client_secret: str = Field("", description="OpenID Connect: this hub's secret there.", json_schema_extra=_SECRET)


class JournalSettings(_Section):
    folder: str = Field(
        "", description="Folder for a journal of each call, for engineers: words redacted, no sound; empty: none."
    )


class PrivacySettings(_Section):
    presidio: bool = Field(
        default=False,
        description="Redact numbers of identity with letters, too, by Presidio: pip install voiceassist[presidio].",
    )


class StoreSettings(_Section):
    path: str = Field(
        "auto", description="File that calls are kept in; auto: in the user's data folder; empty: nothing is kept."
    )
    url: str = Field(
        "",
        pattern=r"^(postgresql://\S+)?$",
        description="PostgreSQL database that calls are kept in, instead of a file.",
        json_schema_extra=_SECRET,
    )
    days: int = Field(30, ge=1, le=3650, description="Days that a call is kept.")
    words: Literal["auto", "on", "off"] = Field(
        "auto", description="Keep what was said; auto: on the agent's own machine, not on a hub."
    )


class Settings(_Section):
    """Everything that can be set; each room is handed its own section or plain values."""

    coach: CoachSettings = CoachSettings()  # pyright: ignore[reportCallIssue]
    hearing: HearingSettings = HearingSettings()  # pyright: ignore[reportCallIssue]
    audio: AudioSettings = AudioSettings()  # pyright: ignore[reportCallIssue]
    playbook: PlaybookSettings = PlaybookSettings()  # pyright: ignore[reportCallIssue]
    call: CallSettings = CallSettings()  # pyright: ignore[reportCallIssue]
    hub: HubSettings = HubSettings()  # pyright: ignore[reportCallIssue]
    transcriber: TranscriberSettings = TranscriberSettings()  # pyright: ignore[reportCallIssue]
    server: ServerSettings = ServerSettings()  # pyright: ignore[reportCallIssue]
    serve: ServeSettings = ServeSettings()  # pyright: ignore[reportCallIssue]
    worker: WorkerSettings = WorkerSettings()  # pyright: ignore[reportCallIssue]
    bus: BusSettings = BusSettings()  # pyright: ignore[reportCallIssue]
    login: LoginSettings = LoginSettings()  # pyright: ignore[reportCallIssue]
    privacy: PrivacySettings = PrivacySettings()  # pyright: ignore[reportCallIssue]
    store: StoreSettings = StoreSettings()  # pyright: ignore[reportCallIssue]
    journal: JournalSettings = JournalSettings()  # pyright: ignore[reportCallIssue]

    def with_transcriber(self, name: str) -> Settings:
        """The same settings with another recogniser."""
        return self.model_copy(update={"transcriber": TranscriberSettings(name=name)})  # pyright: ignore[reportCallIssue]

    def policy(self, call: str, *, alerts: bool, votes: Mapping[NudgeKind, tuple[int, int]]) -> Policy:
        """The coach's numbers in samples for the call of this id.

        `alerts` is False where a limited recogniser must not alert supervisors; `votes` are the thumbs up and down that
        each kind of nudge had so far.
        """
        coach = self.coach
        return Policy(
            grace=samples(coach.grace),
            cooldown=samples(coach.cooldown),
            cap=coach.cap,
            off=coach.off,
            votes=votes,
            silent_arm=_share(call) < coach.silent_share,
            alerts=alerts,
        )

    def segmenting(self, *, quick: bool = False) -> Hearing:
        """The ear's numbers in samples; `quick` is whether the recogniser answers within a pause."""
        hearing = self.hearing
        return Hearing(
            pause=samples(hearing.pause),
            ahead=quick,
            by_words=quick and hearing.by_words,
            end=samples(hearing.end),
            tick=samples(hearing.tick),
        )


def _share(call: str) -> float:
    """A number in [0, 1) that belongs to the call's id: the same call falls into the same arm wherever it is played."""
    return int.from_bytes(hashlib.sha256(call.encode()).digest()[:8]) / 2**64


def load(environ: Mapping[str, str], flags: Mapping[str, object] | None = None, file: Path | None = None) -> Settings:
    """Read all layers. `flags` has dotted names ("coach.grace"); None values are flags that were not given.

    Without `file`, `voiceassist.toml` is read where it is there. Raises SettingsError naming the setting that is
    unknown or out of range, and where it was set; also for a file that cannot be read.
    """
    data: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    for where, key, value in [*_from_file(file), *_from_environment(environ), *_from_flags(flags or {})]:
        section, _, name = key.partition(".")
        if not name or section not in Settings.model_fields:
            raise SettingsError(f"{where}: there is no setting {key!r}{_nearest(key)}")
        data.setdefault(section, {})[name] = value
        origin[key] = where
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][:2])
        if first["type"] == "extra_forbidden":
            raise SettingsError(f"{origin.get(key, FILE)}: there is no setting {key!r}{_nearest(key)}") from None
        said = first["msg"][0].lower() + first["msg"][1:]
        shown = "" if _is_secret(key) else f" = {first['input']!r}"
        raise SettingsError(f"{origin.get(key, FILE)}: {key}{shown}: {said}") from None


def names() -> dict[str, tuple[str, str]]:
    """Every setting's dotted name with its default and its meaning: the table in the reference is made of it."""
    defaults = Settings()
    table: dict[str, tuple[str, str]] = {}
    for section in Settings.model_fields:
        part: _Section = getattr(defaults, section)
        shown = part.model_dump(mode="json")
        for name, field in type(part).model_fields.items():
            table[f"{section}.{name}"] = ("" if shown[name] in ("", []) else str(shown[name]), field.description or "")
    return table


def _from_file(named: Path | None) -> list[tuple[str, str, object]]:
    file = named or Path(FILE)
    if named is None and not file.exists():
        return []
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise SettingsError(f"{file.name} is no TOML: {error}") from None
    rows: list[tuple[str, str, object]] = []
    for section, values in tables.items():
        if isinstance(values, dict):
            table = cast("dict[str, object]", values)
            rows += [(file.name, f"{section}.{name}", value) for name, value in table.items()]
        else:
            rows.append((file.name, section, values))
    return rows


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, str, object]]:
    rows: list[tuple[str, str, object]] = []
    for variable, value in sorted(environ.items()):
        if variable.startswith(_PREFIX):
            key = variable.removeprefix(_PREFIX).lower().replace("__", ".", 1)
            listed = [part.strip() for part in value.split(",") if part.strip()]
            rows.append((f"environment {variable}", key, listed if key in _LISTS else value))
    return rows


def _from_flags(flags: Mapping[str, object]) -> list[tuple[str, str, object]]:
    return [(f"--{key.rpartition('.')[2].replace('_', '-')}", key, v) for key, v in flags.items() if v is not None]


def _is_secret(key: str) -> bool:
    section, _, name = key.partition(".")
    part: _Section | None = getattr(Settings(), section, None)
    field = None if part is None else type(part).model_fields.get(name)
    return field is not None and field.json_schema_extra == _SECRET


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key, names(), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(names())}"
