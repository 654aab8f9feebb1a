"""Calls and the agent's answers go to the hub in one row of numbers."""

from datetime import UTC, datetime

from store.kept import RECOVERED, told

from voiceassist.server import messages as wire
from voiceassist.server.codec import FROM_SERVER
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.sending import Sending
from voiceassist.uplink.uplink import Uplink


def sent(outbox: Outbox) -> list[wire.Outgoing]:
    return [FROM_SERVER.validate_json(entry.text) for entry in outbox.after(0, 1_000).result()]


def test_a_call_goes_in_rising_numbers_without_what_is_not_for_the_hub(outbox: Outbox) -> None:
    uplink = Uplink(Sending(outbox, words=False))
    for message in told(RECOVERED):
        uplink.take(message)
    found = sent(outbox)
    numbers = [message.seq for message in found]
    assert numbers == sorted(set(numbers))
    assert "transcript" not in {message.type for message in found}
    assert found[-1].type == "call_ended"


def test_a_thumb_is_an_event_of_its_call_also_after_its_end(outbox: Outbox) -> None:
    uplink = Uplink(Sending(outbox, words=True))
    messages = told(RECOVERED)
    nudged = next(n for n, message in enumerate(messages) if message.type == "nudge")
    for message in messages[: nudged + 1]:
        uplink.take(message)
    uplink.take(wire.Feedback(id="c-n1", helpful=False))
    for message in messages[nudged + 1 :]:
        uplink.take(message)
    uplink.take(wire.Feedback(id="c-n1", helpful=True))
    found = sent(outbox)
    assert [(m.call, m.id, m.helpful) for m in found if isinstance(m, wire.Thumb)] == [
        ("c", "c-n1", False),
        ("c", "c-n1", True),
    ]
    assert isinstance(found[-1], wire.Thumb)
    numbers = [message.seq for message in found]
    assert numbers == sorted(set(numbers))


def test_a_thumb_for_a_call_that_was_never_sent_stays(outbox: Outbox) -> None:
    uplink = Uplink(Sending(outbox, words=True))
    uplink.take(wire.Feedback(id="c-n1", helpful=True))
    uplink.take(wire.Dismiss(id="c-n1"))
    uplink.take(wire.Audio(state="paused"))
    assert sent(outbox) == []


def test_the_hub_is_told_when_a_call_began_and_what_hears_it(outbox: Outbox) -> None:
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    uplink = Uplink(Sending(outbox, words=True), transcriber="faster-whisper base.en", now=lambda: noon)
    uplink.take(wire.CallStarted(call="c", seq=1))
    [began] = sent(outbox)
    assert isinstance(began, wire.CallStarted)
    assert (began.started_at, began.transcriber) == (noon, "faster-whisper base.en")
