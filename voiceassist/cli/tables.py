"""The figures of an ear as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from voiceassist.bench import machine
from voiceassist.bench.accuracy import Accuracy
from voiceassist.bench.ear import Report
from voiceassist.bench.quality import BINS, Form, Mistake, Quality, Share
from voiceassist.core.types import Label


def report(found: Report) -> RenderableType:
    """The whole report: labels with and without the customer's words, what follows from them, the worst lines."""
    ear, times, quality = found.version, found.milliseconds, found.quality
    head = (
        f"{quality.rows} lines · ear {ear}: {found.bytes / 1e6:.1f} MB, loads in {found.seconds_to_load:.2f} s, "
        f"{times.p50:.1f} ms a line (p95 {times.p95:.1f}, most {times.max:.1f})"
    )
    note = f"off: expected calibration error over {BINS} bins"
    parts: list[RenderableType] = [
        Text(head),
        _labels(quality.with_prev, "with the customer's words"),
        _labels(quality.prev_blanked, "the agent's words alone"),
        Text(note, "dim"),
        _derived(quality),
    ]
    if any(quality.with_prev.categories):
        parts.append(_categories(quality.with_prev))
    parts.append(_worst(quality.worst) if quality.worst else Text("no line is judged wrongly"))
    return Group(*_spaced(parts))


def windows(found: Accuracy) -> RenderableType:
    """How a Whisper model hears in windows of each length, against a full one on the same clips."""
    table = _table("", "window", "clips", "WER", "WER, full", "same no", "heard twice", "ms", "ms, full")
    for floor in found.floors:
        if floor.clips:
            rates = map(_figure, (floor.wer, floor.full_wer, floor.same_decision, floor.fallbacks))
            times = (f"{value:.0f}" for value in (floor.p50, floor.full_p50) if value is not None)
            table.add_row(f"{floor.floor / 100:g} s", str(floor.clips), *rates, *times)
    against = "the words that were said" if found.with_words else "the words of a full window"
    note = (
        f"WER: word error rate, against {against} · full: the same clips in a window of 30 s · clips: those whose "
        "window it shortens · same no: the same decision about a refusal · heard twice: not believed at first"
    )
    return Group(Text(f"{found.clips} clips · {found.model}"), table, Text(note, "dim"))


def timing(found: Mapping[str, Any]) -> RenderableType:
    """The document of `bench latency` for a terminal."""
    table = _table("ms after the last sound", "", "n", "missed", "early", "p50", "p95", "p99", "worst")
    for name, figure in found["figures"].items():
        cells = (figure[key] for key in ("n", "missed", "early"))
        times = ("never" if figure[key] is None else f"{figure[key]:.0f}" for key in ("p50", "p95", "p99", "worst"))
        table.add_row(name, *map(str, cells), *times)
    guessed = found["speculation"]
    calls = "one call" if found["calls"] == 1 else f"{found['calls']} calls"
    end = "the painted page" if found["to"] == "paint" else "a client"
    false = f"{found['false_cues']} of {found['phrases_without_a_refusal']}"
    cost = f"{found['cpu_seconds_a_phrase']:.2f} processor seconds a phrase"
    stages = " · ".join(f"{stage} {time['mean']:.1f}" for stage, time in found["stages"].items())
    vain = f"{guessed['wasted']} of {guessed['guesses']}"
    notes = (
        f"weights: {found['weights']} · words: {found['words']}",
        f"{calls} at a time, to {end} · {cost}",
        f"cues without a refusal: {false} · withdrawn: {found['withdrawn']}",
        f"breaths ended too soon: {guessed['ended_early']} · guesses for nothing: {vain}",
        f"mean ms a stage: {stages}",
    )
    parts: list[RenderableType] = [table, *(Text(note, "dim") for note in notes)]
    if busy := machine.Load(**found["load"]).fault:
        parts.append(Text(f"not to be trusted: {busy}", "red"))
    return Group(*parts)


def capacity(found: Mapping[str, Any]) -> RenderableType:
    """The document of `bench load` for a terminal."""
    table = _table(
        "ms to a client", "calls", "phrases", "missed", "p50", "p95", "cores", "lagged", "processor s a phrase"
    )
    for level in found["levels"]:
        cue = level["cue"]
        times = ("never" if cue[key] is None else f"{cue[key]:.0f}" for key in ("p50", "p95"))
        cores, cost = f"{level['load']['own']:.2f}", f"{level['cpu_seconds_a_phrase']:.2f}"
        cells = map(str, (level["calls"], level["phrases"], cue["missed"]))
        table.add_row(*cells, *times, cores, str(level["lagged"]), cost)
    head = Text(
        f"{found['calls_in_time']} calls at once with 95 of 100 cues within {found['in_time_ms']:.0f} ms", "bold"
    )
    return Group(head, table, Text(f"weights: {found['weights']} · words: {found['words']}", "dim"))


def _spaced(parts: list[RenderableType]) -> Iterator[RenderableType]:
    for place, part in enumerate(parts):
        if place:
            yield Text("")
        yield part


def _labels(form: Form, title: str) -> Table:
    table = _table(title, "label", "lines", "with it", "precision", "recall", "F1", "off")
    for label, quality in form.labels.items():
        found = quality.found
        figures = (found.precision, found.recall, found.f1, quality.calibration.error)
        table.add_row(_name(label), str(found.rows), str(found.n), *map(_figure, figures))
    return table


def _derived(quality: Quality) -> Table:
    table = _table("what follows", "figure", "with", "alone")
    forms = (quality.with_prev, quality.prev_blanked)
    for name, figure in (("precision", "precision"), ("recall", "recall"), ("F1", "f1")):
        table.add_row(f"bare refusals, {name}", *(_figure(getattr(form.bare, figure)) for form in forms))
    table.add_row("alternatives over refusals, F1", *(_figure(form.alternative.f1) for form in forms))
    table.add_row("taken for a refusal, of those without", *(_share(form.false_refusals) for form in forms))
    table.add_row("pairs that are wholly right", *(_share(form.pairs) for form in forms))
    return table


def _categories(form: Form) -> Table:
    table = _table(
        "refusals by category, with the customer's words", "category", "lines", "refusals", "missed", "false"
    )
    for name, category in form.categories.items():
        counts = (category.rows, category.refusals, category.missed, category.false)
        table.add_row(Text(name or "(none)"), *(str(count) if count else "·" for count in counts))
    return table


def _worst(mistakes: tuple[Mistake, ...]) -> Table:
    table = _table("the worst lines", "line", "score", "what is wrong")
    table.columns[0].overflow, table.columns[2].justify = "fold", "left"
    for mistake in mistakes:
        line = Text()
        if mistake.prev:
            line.append(f"customer: {mistake.prev}\n", "dim")
        line.append(f"agent: {mistake.text}")
        line.append(f"  {mistake.id}", "dim")
        what = f"{'missed' if mistake.expected else 'false'} {_name(mistake.label)}"
        table.add_row(line, f"{mistake.score:.2f}", what)
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, header_style="dim", justify="right" if place else "left")
    return table


def _name(label: Label) -> str:
    return label.replace("_", "-")


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _share(share: Share) -> str:
    return "—" if share.share is None else f"{share.share:.0%} ({share.count} of {share.of})"
