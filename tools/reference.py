"""Writes the reference pages that are read off the code: `python tools/reference.py`. A test keeps them equal."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from voiceassist import settings
from voiceassist.bench.documents import SCHEMA_FILE, schema_text
from voiceassist.cli import cli
from voiceassist.core.moments import TRANSITIONS as MOMENT
from voiceassist.core.segmenter import TRANSITIONS as SPEECH
from voiceassist.core.segmenter import SpeechState
from voiceassist.core.types import MomentState
from voiceassist.server.floor.app import describe, floor_api

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"


def settings_page() -> str:
    """Every setting with its default and its meaning."""
    rows = [
        f"| `{name}` | {default or '(none)'} | {meaning} |" for name, (default, meaning) in settings.names().items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Defaults < `voiceassist.toml` in the current folder < environment < flags. In the environment",
            "`coach.grace` is `VOICEASSIST_COACH__GRACE`; in the file it is `grace` in the table `[coach]`. An unknown",
            "name or a value out of range is refused by name.",
            "",
            "| setting | default | meaning |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = [
        "# Commands",
        "",
        "Exit codes: 0 done, 2 refused (one line on standard error tells why and what to do), 130 interrupted,",
        "143 terminated, 1 a fault of the program.",
    ]
    group = typer.main.get_command(cli)
    for name, command in sorted(_leaves(group, "")):
        lines += ["", f"## `voiceassist {name}`", "", (command.help or "").split("\f")[0].strip(), ""]
        lines += ["| argument or option | meaning |", "| --- | --- |"]
        for parameter in command.params:
            flags = " ".join(f"`{flag}`" for flag in parameter.opts)
            meaning = getattr(parameter, "help", "") or ""
            lines.append(f"| {flags} | {meaning} |")
    return "\n".join([*lines, ""])


def states_page() -> str:
    """The two machines of the core, drawn from their tables."""
    return "\n".join(
        [
            "# States",
            "",
            "Drawn from the tables in `core/moments.py` and `core/segmenter.py`.",
            "",
            "## A moment: one refusal and its repair",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {MomentState.OPEN}",
            *(f"    {state} --> {after}" for state, following in MOMENT.items() for after in sorted(following)),
            *(
                f"    {state} --> [*]"
                for state in (*MomentState,)
                if state not in {MomentState.OPEN, MomentState.NUDGED}
            ),
            "```",
            "",
            "## The speech of one channel",
            "",
            "Silence that grows long leaves two states more: after the pause (`hearing.pause`, or what",
            "the words chose) speaking becomes paused, after",
            "`hearing.end` paused becomes quiet.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {SpeechState.QUIET.name.lower()}",
            *(
                f"    {state.name.lower()} --> {after.name.lower()}: {'speech' if speech else 'silence'}"
                for (state, speech), after in SPEECH.items()
                if state is not after
            ),
            "    speaking --> paused: the pause is over",
            "    paused --> quiet: the end is over",
            "```",
            "",
        ]
    )


def openapi_text() -> str:
    """What programs may ask of a hub."""
    return json.dumps(describe(floor_api()), indent=2) + "\n"


def _leaves(
    command: typer.core.TyperGroup | typer.core.TyperCommand, name: str
) -> list[tuple[str, typer.core.TyperCommand]]:
    children = getattr(command, "commands", None)
    if children is None:
        return [(name, command)]
    return [leaf for key, child in children.items() for leaf in _leaves(child, f"{name} {key}".strip())]


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "states.md": states_page,
    SCHEMA_FILE: schema_text,
    "openapi.json": openapi_text,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
