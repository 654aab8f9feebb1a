"""The call as a person reads it in a terminal: one line a thing heard, and the scorecard at its end."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from voiceassist.core.types import PARTS, AudioState, Channel, ClearedWhy, MomentState, NudgeKind
from voiceassist.server import messages as wire

_TOO_LOUD, _TOO_QUIET = -1.0, -40.0
_KIND: dict[NudgeKind, tuple[str, str]] = {
    NudgeKind.OFFER_ALTERNATIVE: ("◆", "bold yellow"),
    NudgeKind.ACKNOWLEDGE: ("●", "bold magenta"),
    NudgeKind.GIVE_REASON: ("▲", "bold cyan"),
    NudgeKind.LET_THEM_FINISH: ("■", "bold blue"),
}
_STATE: dict[MomentState, str] = {
    MomentState.OPEN: "a no was heard",
    MomentState.REPAIRED: "repaired by itself",
    MomentState.NUDGED: "nudged",
    MomentState.RECOVERED: "recovered",
    MomentState.EXPIRED: "left as it was",
    MomentState.WITHDRAWN: "taken back: no no at all",
}


def clock(seconds: float) -> str:
    """Seconds as minutes, seconds and tenths: 0:57.3."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def marks(parts: wire.Parts) -> Text:
    """The four marks, the lit ones with a tick."""
    text = Text()
    for mark in PARTS:
        lit = getattr(parts, mark)
        text.append(f"{'✓' if lit else '·'} {mark.replace('_', '-')}  ", "green" if lit else "dim")
    return text


def scorecard(card: wire.Scorecard) -> RenderableType:
    """The end of a call: how each no was said, and the counts."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("at", "the no", "how it went", "what was said, in this order"):
        table.add_column(heading, style="dim" if heading == "at" else "", overflow="fold")
    for no in card.noes:
        parts = ", ".join(part.part.replace("_", "-") for part in no.parts) or "nothing more"
        table.add_row(clock(no.at), f"“{no.quote}”", _STATE[no.state], parts)
    counts = card.counts
    sums = (
        f"{counts.noes} noes: {counts.well_said} well said, {counts.repaired} repaired unaided, "
        f"{counts.recovered} after a nudge, {counts.expired} left · {counts.nudges} nudges · "
        f"closed well: {'yes' if card.closing else 'no'}"
    )
    body = Group(table, Text(""), Text(sums)) if card.noes else Text(sums)
    return Panel(body, title="scorecard", title_align="left", border_style="dim")


def sound(audio: wire.Audio) -> Text:
    """How a channel's sound is, and the device that it comes from."""
    words = state_of(audio) + (f": {audio.device}" if audio.device else "")
    return Text(words, "dim" if audio.state is AudioState.LISTENING else "red")


def state_of(audio: wire.Audio) -> str:
    """The state of the sound in words."""
    said = audio.state.value
    return said if audio.channel is Channel.AGENT else f"the customer's side: {said}"


def level(dbfs: float, width: int = 40) -> Text:
    """A level meter: a bar from -60 dBFS to full scale."""
    lit = round(width * min(1.0, max(0.0, 1 + dbfs / 60)))
    colour = "red" if dbfs > _TOO_LOUD else "green" if dbfs > _TOO_QUIET else "yellow"
    return Text.assemble(("█" * lit, colour), ("·" * (width - lit), "dim"), f" {dbfs:5.0f} dBFS")


class CallPrinter:
    """Prints a call's messages to a terminal as they come: words at each pause, cues, nudges, praise, the scorecard."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[Channel, str] = {}
        self._sound: dict[Channel, str] = {}

    def show(self, message: wire.CallEvent) -> None:  # noqa: C901 - a table, one row a message
        """Print the message, if a person wants to read it."""
        match message:
            case wire.Transcript(channel=channel):
                if words := self._new_words(message):
                    self._line(message.at, channel.value, Text(words, "" if channel is Channel.AGENT else "dim"))
            case wire.Moment(state=state):
                note = ", holding …" if message.holding else ""
                note += f", withheld: {message.withheld}" if message.withheld else ""
                self._line(
                    message.at, "cue", Text.assemble((f"{_STATE[state]}{note}  ", "yellow"), marks(message.parts))
                )
            case wire.Nudge(kind=kind, text=text):
                sign, style = _KIND[kind]
                self._line(message.at, "nudge", Text(f"{sign} {text}", style))
            case wire.NudgeCleared(why=why) if why is not ClearedWhy.RECOVERED:
                self._line(message.at, "", Text(f"the nudge leaves: {why}", "dim"))
            case wire.Praise(text=text):
                self._line(message.at, "praise", Text(f"★ {text}", "bold green"))
            case wire.Audio():
                self._show_sound(message)
            case wire.Error(message=text):
                self._line(message.at, "error", Text(text, "red"))
            case wire.CallEnded(lost=lost):
                self._said.clear()
                self._console.print(scorecard(message.scorecard))
                if lost:
                    self._console.print(Text(f"{lost:.1f} s of sound did not come through", "red"))
            case _:
                pass

    def _show_sound(self, audio: wire.Audio) -> None:
        """Say how the sound is where that is news; a recording is simply listened to."""
        listening = audio.state is AudioState.LISTENING
        said = sound(audio).plain if audio.device or not listening else ""
        if said != self._sound.get(audio.channel, ""):
            self._sound[audio.channel] = said
            self._line(audio.at, "sound", sound(audio))

    def _new_words(self, transcript: wire.Transcript) -> str:
        """What the utterance has more than when it was last printed."""
        said, text = self._said.get(transcript.channel, ""), transcript.text
        self._said[transcript.channel] = "" if transcript.final else text
        return text[len(said) :].strip() if text.startswith(said) else text

    def _line(self, at: float, who: str, body: Text) -> None:
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=7, justify="right", style="dim")
        row.add_column(width=8, justify="right", style="bold dim")
        row.add_column(overflow="fold")
        row.add_row(clock(at), who, body)
        self._console.print(row)
