"""The command that scores lines of text."""

from __future__ import annotations

import json
import sys
from typing import cast

from voiceassist import assets
from voiceassist.cli.common import JsonFlag, load_settings
from voiceassist.cli.output import out
from voiceassist.core.types import Label
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.errors import UsageError


def classify(*, as_json: JsonFlag = False) -> None:
    """Score lines of text from standard input: what the agent said, in the light of what the customer said before.

    With --json a line is {"id": …, "prev": …, "text": …}; without, it is the agent's words alone.
    """
    load_settings({})
    ear = RefusalClassifier(assets.refusal_model())
    for number, raw in enumerate(sys.stdin.buffer, 1):
        if as_json:
            row = _row(raw, number)
            scores = ear.score(row["prev"], row["text"])
            values = {label.value: round(scores[label], 4) for label in Label}
            labels = {label.value: int(scores.has(label)) for label in Label}
            answer: dict[str, object] = {"id": row["id"], "scores": values, "labels": labels}
            if scores.language != "en":
                answer["language"] = scores.language
            out(json.dumps(answer, ensure_ascii=False))
        else:
            text = raw.decode("utf-8", "replace").strip()
            scores = ear.score("", text)
            shown = "  ".join(f"{label} {scores[label]:.2f}" for label in Label if scores.has(label))
            out(f"{text}\n    {shown or 'nothing of note'}")


def _row(raw: bytes, number: int) -> dict[str, str]:
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError(f"line {number} is not JSON") from None
    if not isinstance(row, dict):
        raise UsageError(f"line {number} is no JSON object")
    fields = cast("dict[str, object]", row)
    found = {name: fields.get(name, "" if name == "prev" else None) for name in ("id", "prev", "text")}
    for name, value in found.items():
        if not isinstance(value, str):
            raise UsageError(f'line {number}: "{name}" is {"missing" if name not in fields else "no text"}')
    return cast("dict[str, str]", found)
