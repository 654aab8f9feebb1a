"""What `bench latency --json` and `bench load --json` write, field by field; their JSON Schema is made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from voiceassist.bench.figures import SCHEMA, Figure
from voiceassist.bench.machine import Load
from voiceassist.bench.phrases import PhraseKind

SCHEMA_FILE = "bench.schema.json"

To: TypeAlias = Literal["client", "paint"]

WORDS = {True: "those that were said, at the cost of recognising", False: "as recognised"}
"""Where the words come from, by whether they are told."""


@dataclass(frozen=True, slots=True)
class Row:
    """One phrase, in milliseconds after its last sound; None for what never came.

    `cue` is when it reached the end of its way: `wait` went until enough was heard to decide, `compute` until a client
    had it, `paint` until it stood on the page. `text` is when all words were there as text.
    """

    phrase: str
    said: str
    kind: PhraseKind
    text: float | None = None
    cue: float | None = None
    wait: float | None = None
    compute: float | None = None
    paint: float | None = None
    nudge_after_grace: float | None = None
    nudged: bool = False
    withdrawn: bool = False


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class Machine(_Part):
    """Where the figures were taken; `load` is the mean number of busy programs, None where it is not told."""

    platform: str
    python: str
    cores: int | None
    load: float | None


class Mean(_Part):
    """How often a stage ran, and the mean of its milliseconds."""

    n: int
    mean: float


class Speculation(_Part):
    """Words asked for at a first silence, those of them for nothing, and breaths ended too soon."""

    guesses: int
    wasted: int
    ended_early: int


class Level(_Part):
    """So many calls at once; `lagged` of them said that they lag."""

    calls: int
    phrases: int
    cue: Figure
    load: Load
    cpu_seconds_a_phrase: float
    lagged: int


class _Document(_Part):
    format: Literal[2] = Field(default=SCHEMA, serialization_alias="schema")
    version: str
    machine: Machine
    weights: str
    transcriber: str
    words: str

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return self.model_dump(mode="json", by_alias=True)


class LatencyDocument(_Document):
    """How late cues and nudges are; times in milliseconds after the last sound."""

    bench: Literal["latency"] = "latency"
    load: Load
    to: To
    calls: int
    by_words: bool
    cpu_seconds_a_phrase: float
    figures: Mapping[str, Figure]
    stages: Mapping[str, Mean]
    phrases: int
    false_cues: int
    phrases_without_a_refusal: int
    withdrawn: int
    speculation: Speculation
    rows: tuple[Row, ...]


class LoadDocument(_Document):
    """How many calls at once are heard in time."""

    bench: Literal["load"] = "load"
    in_time_ms: float
    calls_in_time: int
    levels: tuple[Level, ...]


def schema_text() -> str:
    """The JSON Schema of both, as its committed copy."""
    _, shared = models_json_schema([(LatencyDocument, "serialization"), (LoadDocument, "serialization")], by_alias=True)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"voiceassist benchmark documents, version {SCHEMA}",
        "anyOf": [{"$ref": f"#/$defs/{document.__name__}"} for document in (LatencyDocument, LoadDocument)],
        **shared,
    }
    return json.dumps(schema, indent=2) + "\n"
