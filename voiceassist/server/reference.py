"""The wire's reference, made from its models: a JSON Schema for programs and a page for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

from voiceassist.server import messages as wire
from voiceassist.server.codec import FROM_CLIENT, FROM_SERVER

SCHEMA_FILE = "messages.schema.json"
PAGE_FILE = "messages.md"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of both directions: `$defs` has `FromServer` and `FromClient`."""
    schemas, shared = TypeAdapter.json_schemas(
        [("FromServer", "serialization", FROM_SERVER), ("FromClient", "validation", FROM_CLIENT)],
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "voiceassist wire messages, version 1",
        "anyOf": [{"$ref": "#/$defs/FromServer"}, {"$ref": "#/$defs/FromClient"}],
        "$defs": {
            "FromServer": schemas["FromServer", "serialization"],
            "FromClient": schemas["FromClient", "validation"],
            **shared["$defs"],
        },
    }


def schema_text() -> str:
    """`json_schema` as the text of its committed copy."""
    return json.dumps(json_schema(), indent=2) + "\n"


def page_text() -> str:
    """The page of all messages, in Markdown."""
    served = {model.__name__ for model in _models(wire.Command)} | {wire.ClientHello.__name__}
    lines = [
        "# Wire messages",
        "",
        "JSON text over the WebSocket `/ws`, one message a frame, at most 64 KiB. Made from the code:",
        "`python -m voiceassist.server.reference docs/reference` writes this page and the same as JSON Schema,",
        f"[{SCHEMA_FILE}]({SCHEMA_FILE}).",
        "",
        "A connection begins with the client's `hello`. The server answers with its own `hello`, then either with all",
        "messages missed since the client's `cursor` (`resumed` is true) or with a `snapshot`. Then it tells what",
        "happens.",
        "",
        "What a hub and its workers say to each other is not in here: both come from one version.",
        "",
        "## From the server",
        "",
        _text(wire.Outgoing),
        "",
        *_table(wire.Outgoing),
    ]
    for model in _models(wire.FromServer):
        lines += _section(model, wire.Outgoing)
    lines += ["## From a client", "", _text(wire.Incoming), "", *_table(wire.Incoming)]
    for model in _models(wire.FromClient):
        note = "" if model.__name__ in served else " Served by a hub; an agent's own machine answers `not-served`."
        lines += _section(model, wire.Incoming, note)
    lines += ["## Parts of messages", ""]
    for model in (wire.Parts, wire.PastNudge, wire.Scorecard, wire.Counts, wire.No, wire.PartHeard):
        lines += [f"### {model.__name__}", "", _text(model), "", *_table(model)]
    return "\n".join(lines).rstrip() + "\n"


def write(folder: Path) -> None:
    """Write the committed copies of the schema and the page into `folder`."""
    (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8", newline="\n")
    (folder / PAGE_FILE).write_text(page_text(), encoding="utf-8", newline="\n")


def _models(union: Any) -> tuple[type[BaseModel], ...]:
    arms = get_args(get_args(union)[0]) if get_origin(union) is Annotated else get_args(union)
    return tuple(arms)


def _text(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _section(model: type[BaseModel], envelope: type[BaseModel], note: str = "") -> list[str]:
    kind = model.model_fields["type"].default
    table = _table(model, known=frozenset(envelope.model_fields))
    return [f"### `{kind}`", "", _text(model) + note, "", *table]


def _table(model: type[BaseModel], *, known: frozenset[str] = frozenset()) -> list[str]:
    """The fields of `model` that are not `known`, as a table; nothing where there are none.

    Only clients may leave fields out: what the server says always has them all.
    """
    schema = model.model_json_schema(by_alias=True)
    fields: dict[str, dict[str, Any]] = schema.get("properties", {})
    optional = set(fields) - set(schema.get("required", ())) if issubclass(model, wire.Incoming) else set[str]()
    rows = [
        f"| `{name}` | {_kind(field)}{_left_out(field) if name in optional else ''} |"
        for name, field in fields.items()
        if name not in known
    ]
    return ["| field | what |", "| --- | --- |", *rows, ""] if rows else []


def _left_out(field: dict[str, Any]) -> str:
    return f"; `{json.dumps(field['default'])}` when left out"


def _kind(field: dict[str, Any]) -> str:
    """A field's schema in words."""
    if "$ref" in field:
        return _reference(field["$ref"].rpartition("/")[2])
    if "anyOf" in field:
        return " or ".join(_kind(arm) for arm in field["anyOf"])
    if "oneOf" in field:
        words = "a message of a call"
    elif "const" in field:
        words = f"`{json.dumps(field['const'])}`"
    elif "enum" in field:
        words = ", ".join(f"`{value}`" for value in field["enum"])
    elif field["type"] == "array":
        words = f"list of {_kind(field['items'])}"
    elif field.get("format") == "date-time":
        words = "date and time with zone"
    else:
        words = field["type"] + _bounds(field)
    return words


def _bounds(field: dict[str, Any]) -> str:
    words = {
        "minimum": "at least {}",
        "exclusiveMinimum": "more than {}",
        "maximum": "at most {}",
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
    }
    said = [form.format(field[key]) for key, form in words.items() if key in field]
    return f" ({', '.join(said)})" if said else ""


def _reference(name: str) -> str:
    """A message by its type, an enum by its values, a part by its name."""
    model = getattr(wire, name, None)
    if model is None:
        values = getattr(wire.core, name)
        return ", ".join(f"`{value.value}`" for value in values)
    if issubclass(model, wire.Outgoing):
        return f"`{model.model_fields['type'].default}`"
    return f"[{name}](#{name.lower()})"


if __name__ == "__main__":
    import sys

    write(Path(sys.argv[1]))
