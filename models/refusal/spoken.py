"""Text as a live recogniser writes it."""

from __future__ import annotations

import re

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spoken(text: str) -> str:
    """The text as a live recogniser writes it: lower case, numbers in words, no punctuation but the apostrophe."""
    text = text.lower().replace("’", "'").replace("$", " ").replace("%", " percent ").replace("&", " and ")
    text = re.sub(r"\d+", lambda found: f" {_number(int(found.group()))} ", text)
    return " ".join(re.sub(r"[^\w' ]+", " ", text).replace("_", " ").split())


def _number(value: int) -> str:
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (f" {_ONES[value % 10]}" if value % 10 else "")
    if value < 1000:
        return f"{_ONES[value // 100]} hundred" + (f" {_number(value % 100)}" if value % 100 else "")
    return " ".join(_ONES[int(digit)] for digit in str(value))
