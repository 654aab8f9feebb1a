"""Blocks and a clock become frames and gaps: nothing here waits, time is what the test says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.audio.timeline import Timeline
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Channel, Gap

BLOCK = 256
STEP = BLOCK / SAMPLE_RATE


class Desk:
    """A timeline, the clock beside it, and all that came out, checked to be without holes."""

    def __init__(self, origin: float = 1000.0, *, lossy: bool = True) -> None:
        self.origin = self.now = origin
        self.timeline = Timeline(Channel.AGENT, origin)
        self.timeline.lossy = lossy
        self.heard: list[AudioFrame | Gap] = []
        self.said = 0

    def take(self, heard) -> None:
        for item in heard:
            assert item.start == (self.heard[-1].end if self.heard else 0)
            assert item.end > item.start
            assert isinstance(item, Gap) or len(item.samples) == FRAME
            self.heard.append(item)

    def block(self, count: int = BLOCK, **loss) -> np.ndarray:
        """The next block: its samples count up, so that each tells its number."""
        block = np.arange(self.said, self.said + count, dtype=np.float32) / 2**20
        self.said += count
        self.take(self.timeline.receive(block, self.now, **loss))
        return block

    def run(self, seconds: float, pace: float = 1.0) -> None:
        """Deliver blocks in time; a device of another `pace` delivers so many times as fast."""
        end = self.now + seconds
        while self.now + STEP / pace <= end:
            self.now += STEP / pace
            self.block()
            self.take(self.timeline.advance(self.now))

    def idle(self, seconds: float) -> None:
        end = self.now + seconds
        while (at := max(self.now, self.timeline.deadline)) < end:
            self.now = at
            self.take(self.timeline.advance(at))
            assert self.index - self.timeline.at <= 0.1 * SAMPLE_RATE + 2
        self.now = end

    @property
    def index(self) -> float:
        return (self.now - self.origin) * SAMPLE_RATE

    @property
    def gaps(self) -> list[Gap]:
        return [item for item in self.heard if isinstance(item, Gap)]

    @property
    def lag(self) -> float:
        """How far what was heard lags behind the clock, in seconds."""
        return (self.index - self.timeline.at) / SAMPLE_RATE

    def numbers(self) -> np.ndarray:
        """The numbers of the samples in the frames, in order."""
        frames = [item.samples for item in self.heard if isinstance(item, AudioFrame)]
        return np.round(np.concatenate(frames) * 2**20).astype(int)


def test_sound_in_time_is_frames_without_a_gap():
    desk = Desk()
    desk.run(10)
    assert not desk.gaps
    assert (np.diff(desk.numbers()) == 1).all()
    assert desk.timeline.losses.samples == 0
    assert -0.001 < desk.lag < 0.04


def test_what_comes_before_the_first_sound_is_a_gap_that_lost_nothing():
    desk = Desk()
    desk.idle(0.7)
    desk.run(1)
    assert [gap.lost for gap in desk.gaps] == [False] * len(desk.gaps)
    assert desk.numbers()[0] == 0
    first = next(item for item in desk.heard if isinstance(item, AudioFrame))
    assert first.start == 0.7 * SAMPLE_RATE


@pytest.mark.parametrize("lossy", [True, False])
def test_an_idle_device_does_not_stop_the_time(lossy):
    desk = Desk(lossy=lossy)
    desk.run(1)
    desk.idle(2)
    desk.run(1)
    assert all(gap.lost is lossy for gap in desk.gaps)
    assert sum(gap.end - gap.start for gap in desk.gaps) == pytest.approx(2 * SAMPLE_RATE, abs=FRAME)
    assert desk.timeline.losses.samples == pytest.approx(2 * SAMPLE_RATE if lossy else 0, abs=FRAME)
    assert -0.001 < desk.lag < 0.04


def test_a_burst_after_a_gap_keeps_the_newest():
    desk = Desk()
    desk.run(1)
    desk.idle(0.5)
    before = desk.said
    for _ in range(30):  # 0.48 s at once
        desk.block()
    desk.run(1)
    numbers = desk.numbers()
    heard = numbers[numbers >= before]
    assert (np.diff(heard) == 1).all()
    dropped = heard[0] - before
    assert dropped == desk.timeline.losses.late
    assert dropped == pytest.approx(0.4 * SAMPLE_RATE, abs=0.06 * SAMPLE_RATE)
    assert -0.01 < desk.lag < 0.04


def test_a_burst_that_was_expected_is_kept_whole():
    """A reader that was busy finds all blocks with stamps of their own."""
    desk = Desk()
    desk.run(1)
    for _ in range(125):
        desk.now += STEP
        desk.block()
    desk.take(desk.timeline.advance(desk.now))
    assert not desk.gaps
    assert (np.diff(desk.numbers()) == 1).all()


@pytest.mark.parametrize("missing", [100, 320, 5000])
def test_counted_losses_are_gaps_of_that_length(missing):
    desk = Desk()
    desk.run(1)
    desk.now += missing / SAMPLE_RATE
    desk.now += STEP
    desk.block(missing=missing)
    desk.run(1)
    assert desk.timeline.losses.samples == missing
    assert desk.timeline.losses.gaps == 1
    assert sum(gap.end - gap.start for gap in desk.gaps) <= missing
    assert all(gap.lost for gap in desk.gaps)


def test_an_overflow_is_a_gap_as_long_as_the_clock_says():
    desk = Desk()
    desk.run(1)
    desk.now += 0.064 + STEP
    desk.block(overflow=True)
    desk.run(1)
    assert desk.timeline.losses.samples == pytest.approx(0.064 * SAMPLE_RATE, abs=20)


@pytest.mark.parametrize("pace", [1.0008, 0.9992])
def test_a_device_whose_clock_differs_is_set_right_now_and_then(pace):
    desk = Desk()
    desk.run(800, pace)
    drift = abs(pace - 1) * 800
    assert abs(desk.lag) < 0.3
    if pace < 1:
        assert not any(gap.lost for gap in desk.gaps)
        assert desk.timeline.losses.samples == 0
        assert 1 <= len(desk.gaps) <= drift / 0.2
    else:
        assert not desk.gaps
        assert 0 < desk.timeline.losses.late <= drift * SAMPLE_RATE


def test_a_leap_of_the_clock_is_one_gap():
    desk = Desk(lossy=False)
    desk.run(1)
    desk.now += 8 * 3600
    desk.take(desk.timeline.advance(desk.now))
    [gap] = desk.gaps
    assert gap.lost
    assert gap.end - gap.start == pytest.approx(8 * 3600 * SAMPLE_RATE, abs=SAMPLE_RATE)
    desk.run(1)
    assert -0.01 < desk.lag < 0.04


def test_sound_from_before_the_origin_is_dropped():
    desk = Desk()
    desk.now -= 1
    for _ in range(200):
        desk.now += STEP
        desk.block()
        desk.take(desk.timeline.advance(desk.now))
    assert desk.heard[0].start == 0
    assert -0.01 < desk.lag < 0.06


@given(
    st.lists(
        st.tuples(st.sampled_from(["run", "idle", "leap", "burst", "loss", "stream"]), st.floats(0.01, 3)), max_size=12
    )
)
def test_whatever_happens_there_are_no_holes_and_the_time_goes_with_the_clock(story):
    desk = Desk()
    for what, long in story:
        match what:
            case "run":
                desk.run(long)
            case "idle":
                desk.idle(long)
            case "leap":
                desk.now += long
                desk.take(desk.timeline.advance(desk.now))
            case "burst":
                for _ in range(round(long * 20)):
                    desk.block()
            case "loss":
                desk.now += long
                desk.block(missing=round(long * SAMPLE_RATE))
            case _:
                desk.timeline.resume()
    desk.run(1)
    assert -0.27 < desk.lag < 0.27
    desk.idle(1)
    assert desk.lag <= 0.4
