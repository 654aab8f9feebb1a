"""Which recogniser: the one asked for, or the best that this machine can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from voiceassist.core.types import Channel, Word
from voiceassist.engines.base import Transcriber
from voiceassist.engines.cuda import Device
from voiceassist.errors import EngineError, SettingsError, UsageError
from voiceassist.weights.cache import cached_models


class TranscriberName(StrEnum):
    AUTO = "auto"
    FASTER_WHISPER = "faster-whisper"
    POCKETSPHINX = "pocketsphinx"
    SCRIPTED = "scripted"


@dataclass(frozen=True, slots=True)
class Pick:
    """What `auto` or a setting comes to; `reason` is one line for the user."""

    name: TranscriberName
    model: str | Path | None
    reason: str


def pick_transcriber(name: str = "auto", model: str | Path | None = None) -> Pick:
    """Decide without loading anything. Raises SettingsError for a name that is unknown or does not go with `model`."""
    try:
        wanted = TranscriberName(name)
    except ValueError:
        valid = ", ".join(TranscriberName)
        raise SettingsError(f"there is no transcriber {name}: choose one of {valid}") from None
    match wanted:
        case TranscriberName.AUTO if model is None:
            return _best()
        case TranscriberName.AUTO | TranscriberName.FASTER_WHISPER:
            return _whisper(model)
        case _ if model is not None:
            raise SettingsError(f"the transcriber {name} takes no model: leave it out, or choose faster-whisper")
        case _:
            return Pick(wanted, None, f"{wanted}: as asked")


def choose_transcriber(
    name: str = "auto",
    model: str | Path | None = None,
    *,
    device: Device = "auto",
    words: Mapping[Channel, Sequence[Word]] | None = None,
    pick: Pick | None = None,
) -> Transcriber:
    """The transcriber that `pick_transcriber` decides on (or decided: `pick`), not yet loaded.

    `device` is where Whisper computes; `words` are for `scripted`.

    Raises SettingsError, UsageError, ModelError, or EngineError (`engine-missing`).
    """
    picked = pick or pick_transcriber(name, model)
    # A back end is imported only once it is chosen.
    match picked.name:
        case TranscriberName.SCRIPTED:
            from voiceassist.engines.scripted import ScriptedTranscriber  # noqa: PLC0415

            if words is None:
                raise UsageError("the transcriber scripted has no words to say: give it a turns file")
            return ScriptedTranscriber(words)
        case TranscriberName.POCKETSPHINX:
            from voiceassist.engines.pocketsphinx import PocketsphinxTranscriber  # noqa: PLC0415

            _require("pocketsphinx")
            return PocketsphinxTranscriber()
        case _:
            from voiceassist.engines.faster_whisper import FasterWhisperTranscriber  # noqa: PLC0415

            _require("faster_whisper")
            assert picked.model is not None
            return FasterWhisperTranscriber(picked.model, device=device)


def _best() -> Pick:
    models = cached_models() if find_spec("faster_whisper") else {}
    if not models:
        return Pick(
            TranscriberName.POCKETSPHINX,
            None,
            "pocketsphinx, of limited accuracy: no Whisper model is on this machine; "
            "voiceassist models pull base.en gets one",
        )
    name = next(iter(models))
    return Pick(TranscriberName.FASTER_WHISPER, name, f"faster-whisper with {name}: found in the model cache")


def _whisper(model: str | Path | None) -> Pick:
    name = model if model is not None else next(iter(cached_models()), "base.en")
    return Pick(TranscriberName.FASTER_WHISPER, name, f"faster-whisper with {name}: as asked")


def _require(package: str) -> None:
    if find_spec(package) is None:
        raise EngineError(
            f"the Python package {package} is not installed: pip install {package.replace('_', '-')}",
            code="engine-missing",
        )
