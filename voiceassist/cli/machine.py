"""Commands that look at the machine: what is there, what is missing, what the microphone hears."""

from __future__ import annotations

import json
from dataclasses import asdict

from voiceassist import doctor
from voiceassist.cli.common import JsonFlag, load_settings
from voiceassist.cli.output import make_console, out


def check_up(*, as_json: JsonFlag = False) -> None:
    """Tell what is there, what is missing, and how to get it."""
    console = make_console()
    style = {"ok": "green", "limited": "yellow", "missing": "red"}
    for finding in doctor.examine(load_settings({})):
        if as_json:
            out(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            console.print(f"[{style[finding.health]}]{finding.health:>8}[/]  [bold]{finding.name}[/]  {finding.found}")
            if finding.advice:
                console.print(f"          [dim]→ {finding.advice}[/]")
