"""Labelled lines: what an agent said, in the light of what the customer said before, and what is to be heard in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, cast

from voiceassist.core.types import Label
from voiceassist.errors import UsageError

Fields: TypeAlias = "dict[str, object]"


@dataclass(frozen=True, slots=True)
class Example:
    """One line. A label that is not in `labels` is not known, and no figure counts it.

    `pair` names the lines that differ in little but in whether they refuse. `alone` is what `refusal` is where the
    customer is not heard, None where the agent's words alone do not tell.
    """

    id: str
    prev: str
    text: str
    labels: Mapping[Label, bool]
    category: str = ""
    pair: str | None = None
    alone: bool | None = None

    def blanked(self) -> Example:
        """The line without the customer's words, and those labels that the agent's words alone still bear out."""
        refusal = self.labels.get(Label.REFUSAL)
        same = self.alone == refusal and (refusal is not None or not self.prev)
        labels = {label: is_there for label, is_there in self.labels.items() if same and label is not Label.REFUSAL}
        if self.alone is not None:
            labels[Label.REFUSAL] = self.alone
        return replace(self, prev="", labels=labels)


def read_examples(paths: Iterable[Path]) -> list[Example]:
    """The lines of JSONL files, in order.

    Raises UsageError for a file that cannot be read, has no labelled line, or has a line that is not one.
    """
    return [example for path in paths for example in _read(path)]


def _read(path: Path) -> list[Example]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    examples = list(_parse(path, content))
    if not examples:
        raise UsageError(f"{path} has no lines; it should hold one JSON object a line")
    if not any(example.labels for example in examples):
        raise UsageError(f'{path}: no line is labelled; "labels" may hold {", ".join(Label)}')
    return examples


def _parse(path: Path, content: bytes) -> Iterator[Example]:
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _example(_object(line), default_id=f"{path.name}:{number}")
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}") from None


def _object(line: bytes) -> Fields:
    try:
        fields = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(fields, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - one kind of error for every bad line
    return cast("Fields", fields)


def _example(fields: Fields, default_id: str) -> Example:
    text, prev = (_text(fields, "text") or "").strip(), (_text(fields, "prev") or "").strip()
    if not text:
        raise ValueError('"text" is missing or empty')
    labels = fields.get("labels")
    if not isinstance(labels, dict):
        raise ValueError('"labels" is missing or no object')  # noqa: TRY004 - as above
    values = cast("Fields", labels)
    known = {label: there for label in Label if (there := _truth(values, label)) is not None}
    return Example(
        id=_name(fields, "id") or default_id,
        prev=prev,
        text=text,
        labels=known,
        category=_text(fields, "category") or "",
        pair=_name(fields, "pair"),
        # Without the customer's words there is nothing to blank.
        alone=_truth(fields, "alone") if "alone" in fields or prev else known.get(Label.REFUSAL),
    )


def _text(fields: Fields, key: str) -> str | None:
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f'"{key}" is no text')
    if value is not None and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f'"{key}" has half a character, which no file can hold')
    return value


def _name(fields: Fields, key: str) -> str | None:
    value = fields.get(key)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(fields, key)


def _truth(fields: Fields, key: str) -> bool | None:
    value = fields.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or value not in (0, 1):
        raise ValueError(f'"{key}" is neither 0 nor 1 nor null')
    return bool(value)
