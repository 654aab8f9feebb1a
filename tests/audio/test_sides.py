"""Both sides of a call in step, whichever of them is late."""

import asyncio
import itertools

import pytest
from pulse import PulseServer

from voiceassist.audio.base import Heard
from voiceassist.audio.microphone import Microphone
from voiceassist.audio.sides import Sides
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, AudioState, Channel, Gap, SourceChanged


class Line:
    """A source that delivers what it is given, each item after its pause; it may break at its end."""

    def __init__(self, channel: Channel, *items: tuple[float, Heard], breaks: bool = False) -> None:
        self.channels = (channel,)
        self.items = items
        self.breaks = breaks
        self.closed = 0

    async def __aiter__(self):
        for pause, item in self.items:
            await asyncio.sleep(pause)
            yield item
        if self.breaks:
            raise OSError("the cable is cut")

    async def aclose(self) -> None:
        self.closed += 1


def line(channel: Channel, *lengths: int, pause: float = 0.0, **how) -> Line:
    """A line of gaps of these lengths: the order is what counts."""
    ends = itertools.accumulate(lengths)
    gaps = (Gap(channel, end - length, end) for length, end in zip(lengths, ends, strict=True))
    return Line(channel, *((pause, gap) for gap in gaps), **how)


def begin(heard: Heard) -> int:
    return heard.at if isinstance(heard, SourceChanged) else heard.start


@pytest.mark.parametrize("slow", list(Channel))
async def test_what_begins_first_comes_first_and_the_customer_before_the_agent(slow):
    agent = line(Channel.AGENT, *[FRAME] * 9, pause=0.01 if slow is Channel.AGENT else 0)
    customer = line(Channel.CUSTOMER, *[800] * 6, pause=0.01 if slow is Channel.CUSTOMER else 0)
    sides = Sides(agent, customer)
    assert sides.channels == (Channel.AGENT, Channel.CUSTOMER)
    heard = [item async for item in sides]
    order = [(begin(item), item.channel is Channel.AGENT) for item in heard]
    assert order == sorted(order)
    assert len(heard) == 15
    await sides.aclose()
    await sides.aclose()
    assert agent.closed
    assert customer.closed


async def test_a_change_of_a_source_keeps_its_place():
    change = SourceChanged(Channel.CUSTOMER, 2 * FRAME, AudioState.LOST, "Headset")
    gaps = [Gap(Channel.CUSTOMER, at * FRAME, (at + 1) * FRAME) for at in range(4)]
    customer = Line(Channel.CUSTOMER, *((0, item) for item in [*gaps[:2], change, *gaps[2:]]))
    heard = [item async for item in Sides(line(Channel.AGENT, *[FRAME] * 4), customer)]
    place = heard.index(change)
    assert [begin(item) for item in heard[:place]] == [0, 0, FRAME, FRAME]
    assert heard[place + 1] is gaps[2]


async def test_when_one_side_breaks_it_is_told():
    with pytest.raises(OSError, match="cable"):
        async for _ in Sides(line(Channel.AGENT, *[FRAME] * 99), line(Channel.CUSTOMER, FRAME, breaks=True)):
            pass


async def test_when_one_side_ends_the_other_goes_on():
    heard = [item async for item in Sides(line(Channel.AGENT, *[FRAME] * 9), line(Channel.CUSTOMER, FRAME))]
    assert len(heard) == 10


async def test_a_microphone_and_an_idle_output_are_heard_in_step(pulse: PulseServer):
    pulse.microphone("Headset")
    pulse.output("Speakers")
    sides = Sides(Microphone(Channel.AGENT), Microphone(Channel.CUSTOMER))
    ends = dict.fromkeys(Channel, 0)
    last = 0
    kinds: dict[Channel, set[type]] = {channel: set() for channel in Channel}
    async with asyncio.timeout(30):
        async for heard in sides:
            assert begin(heard) >= last
            last = begin(heard)
            if not isinstance(heard, SourceChanged):
                assert heard.start == ends[heard.channel]
                ends[heard.channel] = heard.end
            kinds[heard.channel].add(type(heard))
            if last > 3 * SAMPLE_RATE:
                break
    await sides.aclose()
    assert AudioFrame in kinds[Channel.AGENT]
    assert Gap in kinds[Channel.CUSTOMER]
    assert abs(ends[Channel.AGENT] - ends[Channel.CUSTOMER]) < 0.2 * SAMPLE_RATE
