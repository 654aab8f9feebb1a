"""The log: a line of JSON an event, to where it is asked for and nowhere else."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from voiceassist import logs


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    logger = logging.getLogger("voiceassist")
    handlers, level, propagate = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


def test_an_event_is_one_line_of_json():
    stream = io.StringIO()
    logs.write_to(stream)
    logs.event("came in", user="ada", call="c\n1")
    logs.trouble("store takes nothing", why="disk full")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["event"], first["user"], first["call"]) == ("info", "came in", "ada", "c\n1")
    assert (second["level"], second["why"]) == ("warning", "disk full")
    assert first["time"].endswith("+00:00")


def test_nothing_is_logged_unasked(capsys: pytest.CaptureFixture[str]):
    logs.trouble("something is wrong")
    assert capsys.readouterr() == ("", "")
