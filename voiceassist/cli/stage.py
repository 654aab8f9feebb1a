"""What a person sees of a practised call in a terminal, and what a program reads of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, Protocol

from pydantic import BaseModel
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.prompt import Prompt
from rich.table import Table
from rich.text import Text

from voiceassist.cli.output import note, out, print_message
from voiceassist.cli.summary import MARK
from voiceassist.core.types import Channel
from voiceassist.practice.loop import Outcome, Result
from voiceassist.practice.scenario import Exercise, Temper
from voiceassist.server import messages as wire
from voiceassist.terminal import CallPrinter

AGAIN, NEXT, STOP = "", "n", "q"
_INDENT = (0, 0, 0, 9)
_OUTCOME: dict[Outcome, tuple[str, str]] = {
    Outcome.UNHEARD: ("nothing was heard of you", "yellow"),
    Outcome.UNCLEAR: ("neither a no nor an offer was heard", "yellow"),
    Outcome.LEFT: ("not there yet", "yellow"),
    Outcome.RECOVERED: ("turned around after the nudge", "green"),
    Outcome.REPAIRED: ("repaired", "green"),
    Outcome.REDIRECTED: ("well redirected", "bold green"),
    Outcome.WELL_SAID: ("well said", "bold green"),
}
_MISSING = {
    "acknowledgement": "show that you see what it means to them",
    "reason": "give the specific reason",
    "alternative": "say what you can do",
}


class Listed(BaseModel, frozen=True):
    """A scenario in a list: who rings with what, and how far one has come with it."""

    type: Literal["scenario"] = "scenario"
    id: str
    playbook: str
    situation: str
    title: str
    temper: Temper
    tries: int
    best: Outcome | None
    date: date | None


class Stage(Protocol):
    """Where a practised call is told."""

    def introduce(self, exercise: Exercise) -> None:
        """Another customer is about to ring."""
        ...

    def ask(self, number: int) -> str:
        """Ask the agent for the next try: `AGAIN`, `NEXT` or `STOP`."""
        ...

    def customer(self, line: str) -> None:
        """The customer begins to say this."""
        ...

    def hear(self, message: wire.CallEvent) -> None:
        """Something happened in the call."""
        ...

    def show(self, result: Result, exercise: Exercise) -> None:
        """The try is over."""
        ...


class JsonStage:
    """The call's messages and a line for each try, as JSON; what the customer says is told beside it."""

    def introduce(self, exercise: Exercise) -> None:
        """Say who rings."""
        note(f"{exercise.scenario.id}: {exercise.scenario.no}")

    def ask(self, number: int) -> str:  # noqa: ARG002
        """Go on: nobody is there to be asked."""
        return AGAIN

    def customer(self, line: str) -> None:
        """Tell the line to who cannot hear it."""
        note(f"customer: {line}")

    def hear(self, message: wire.CallEvent) -> None:
        """Print the message."""
        print_message(message)

    def show(self, result: Result, exercise: Exercise) -> None:  # noqa: ARG002
        """Print the result."""
        out(result.model_dump_json())


class TerminalStage:
    """The call as it goes, and what each try came to, for a person; who is at a terminal is asked before each try."""

    def __init__(self, console: Console, *, asks: bool) -> None:
        self._console = console
        self._asks = asks
        self._printer = CallPrinter(console)

    def introduce(self, exercise: Exercise) -> None:
        """Say who rings, with what, and what has to be turned down."""
        scenario = exercise.scenario
        head = f"{exercise.situation.title} · the customer is {scenario.temper}"
        self._console.print()
        self._console.print(Panel(Text(scenario.no), title=Text(head, "bold"), title_align="left", border_style="dim"))

    def ask(self, number: int) -> str:
        """Wait until the agent is ready."""
        if not self._asks:
            return AGAIN
        what = "answer" if number == 1 else "try again"
        try:
            return Prompt.ask(
                f"Enter to {what}, {NEXT} for the next customer, {STOP} to stop",
                console=self._console,
                choices=[AGAIN, NEXT, STOP],
                default=AGAIN,
                show_choices=False,
                show_default=False,
            )
        except EOFError:
            return STOP

    def customer(self, line: str) -> None:
        """Show the line as it begins."""
        self._console.print(Text.assemble(("customer ", "bold dim"), f"“{line}”"))

    def hear(self, message: wire.CallEvent) -> None:
        """Show what an agent sees of a call; the customer's line stands there already, the result follows."""
        match message:
            case wire.Transcript(channel=Channel.CUSTOMER) | wire.Audio(channel=Channel.CUSTOMER) | wire.CallEnded():
                pass
            case wire.CallStarted():
                self._printer = CallPrinter(self._console)
            case _:
                self._printer.show(message)

    def show(self, result: Result, exercise: Exercise) -> None:
        """Show what the try came to, kindly."""
        said, style = _OUTCOME[result.outcome]
        self._console.print(Text.assemble((f"Try {result.attempt} of {result.attempts}: ", "bold"), (said, style)))
        rows = Table.grid(padding=(0, 2, 0, 0))
        rows.add_column(style="dim")
        rows.add_column(overflow="fold")
        if result.heard:
            rows.add_row("heard", Text(f"“{result.heard}”"))
        if result.parts:
            rows.add_row("came", Text("  ".join(f"✓ {part.replace('_', '-')}" for part in result.parts), "green"))
        for place, part in enumerate(result.missing):
            rows.add_row("" if place else "missing", Text(_MISSING[part]))
        for mark in result.noted:
            rows.add_row("look at", Text(f"“{mark.quote}”: {MARK[mark.kind]}. {mark.note}".rstrip()))
        if result.suggestion:
            rows.add_row("one way", Text(f"“What I can do is {result.suggestion}”"))
        if not result.outcome.is_done:
            rows.add_row("good", Text(exercise.scenario.good))
        self._console.print(Padding(rows, _INDENT))


def standings(listed: Iterable[Listed]) -> Table:
    """One line a scenario: who rings, with what, and the best try so far."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("scenario", "customer", "about", "best so far"):
        table.add_column(heading, header_style="dim", overflow="fold", no_wrap=heading == "scenario")
    for one in listed:
        best, style = _OUTCOME[one.best] if one.best else ("·", "dim")
        tries = f"  {one.tries} {'try' if one.tries == 1 else 'tries'}, {one.date:%Y-%m-%d}" if one.date else ""
        cells = (Text(cell) for cell in (one.id, one.temper, one.title))
        table.add_row(*cells, Text.assemble((best, style), (tries, "dim")))
    return table
