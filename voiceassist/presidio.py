"""Numbers of identity that hold letters (national insurance, tax, licence) and addresses of machines, by Presidio.

Optional: `pip install voiceassist[presidio]` and the setting `privacy.presidio`. Its recognisers of patterns alone are
used: no language model is loaded, and none of those that would fetch a list from the network (e-mail, URL).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from voiceassist.errors import SettingsError
from voiceassist.privacy import NUMBER, Span, look_further

_RECOGNISERS = (
    *("UkNino", "UkDrivingLicence", "InPan", "EsNif", "EsNie", "ItFiscalCode", "SgFin", "UsMbi"),
    *("FiPersonalIdentityCode", "MedicalLicense", "Ip", "MacAddress"),
)
_SURE = 0.5
"""Presidio's score of a pattern that stands for itself; below it a word beside it would have to speak for it."""
_WINDOW, _OVERLAP = 400, 100
"""Characters that are looked at at once: of some of its patterns the time grows with the square of the text."""


class Presidio:
    """Presidio's recognisers. Raises SettingsError where it is not installed, or too old."""

    def __init__(self) -> None:
        try:
            library: Any = import_module("presidio_analyzer.predefined_recognizers")
            self._recognisers = [getattr(library, f"{name}Recognizer")() for name in _RECOGNISERS]
        except (ImportError, AttributeError) as error:
            raise SettingsError(
                f"privacy.presidio needs what is not here ({error}): pip install voiceassist[presidio]"
            ) from None

    def find(self, plain: str) -> Iterator[Span]:
        """Where a text in lower case holds such a number."""
        for start in range(0, max(len(plain) - _OVERLAP, 1), _WINDOW - _OVERLAP):
            window = plain[start : start + _WINDOW]
            for recogniser in self._recognisers:
                for found in recogniser.analyze(window, recogniser.supported_entities, None):
                    # What touches a cut may be a piece of a word; the next window has all of it.
                    cut = (found.start == 0 < start) or (found.end == len(window) < len(plain) - start)
                    if found.score >= _SURE and not cut:
                        yield start + found.start, start + found.end, NUMBER


def switch_on() -> None:
    """Let `redact` take what Presidio finds, too, in this process. Raises SettingsError."""
    look_further(Presidio().find)
