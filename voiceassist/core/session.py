"""One call without I/O: sound, words and scores go in by `receive_*`, events and requests come out.

Everything is decided in the order of audio time. What is heard waits in a queue; a breath whose words or scores are
still out holds back every later decision (the watermark), for at most `Policy.lag` of audio: after that the call is
`lagging` and goes on with what is there. So the events depend on what was said and when, not on how fast anybody
answered.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from voiceassist.core.coach import Coach
from voiceassist.core.ear import Counts, Ear
from voiceassist.core.events import (
    AudioChanged,
    CallEnded,
    CallStarted,
    EngineFailed,
    Event,
    NudgeCleared,
    NudgeSent,
    Praised,
    Transcript,
)
from voiceassist.core.manners import Manners
from voiceassist.core.moments import Judging, Moments
from voiceassist.core.pause import pause_after
from voiceassist.core.playbook import EMPTY, Playbook
from voiceassist.core.policy import Hearing, Policy
from voiceassist.core.scorecard import Tally
from voiceassist.core.segmenter import SpeechEnded, SpeechEvent, SpeechFaltered, SpeechPaused, SpeechStarted
from voiceassist.core.transcript import Conversation, spread
from voiceassist.core.types import (
    AudioState,
    Channel,
    Classify,
    ClearedWhy,
    Purpose,
    Request,
    Scores,
    Utterance,
    Word,
    samples,
)


@dataclass(slots=True)
class _Started:
    at: int
    channel: Channel
    ahead: Sequence[Word] = ()


@dataclass(slots=True)
class _Said:
    """A breath is over; its words may still be out."""

    at: int
    channel: Channel
    start: int
    end: int
    text: str | None = None
    final: bool = False
    judging: Judging | None = None
    """The judgement of it that waits for scores."""
    asked: int | None = None
    """The request that it waits for."""
    since: int = 0
    """Up to where the call was heard when that was asked."""


@dataclass(slots=True)
class _Ended:
    at: int
    channel: Channel


_PASSING = frozenset({AudioState.RESTORED, AudioState.CHANGED})
"""Said once: from then on the channel is simply heard."""

_Item: TypeAlias = _Started | _Said | _Ended


class CallSession:
    """One call from its first sample to its end. Feed it, then drain `events()` and `requests()`.

    `channels` are those heard: time moves on when all of them have moved. Answers to requests that are no longer
    awaited are ignored; everything else in a wrong order is a fault of the driver and raises AssertionError.
    """

    def __init__(
        self,
        call: str,
        channels: Sequence[Channel] = (Channel.AGENT,),
        *,
        policy: Policy | None = None,
        hearing: Hearing | None = None,
        playbook: Playbook | None = None,
    ) -> None:
        self.call = call
        self.policy = policy or Policy()
        self._hearing = hearing or Hearing()
        self._events: list[Event] = []
        self._deferred: list[NudgeSent | Praised] = []
        self._requests: list[Request] = []
        self._clock = 0
        self._limit = 0
        self._ids = 0
        self._ears = {channel: Ear(channel, self._hearing) for channel in channels}
        self._items: list[tuple[int, int, int, _Item]] = []
        self._queued = 0
        self._saying: deque[_Said] = deque()
        self._waiting: dict[int, _Said] = {}
        self._caught_up = 0
        self._paused = self._lagging = self._overloaded = self._ending = self.ended = False
        self._conversation = Conversation(turn_gap=self.policy.turn_gap, utterance_gap=self._hearing.end)
        self._tally = Tally()
        playbook = playbook or EMPTY
        self._coach = Coach(call, self.policy, playbook, self._tell)
        manners = Manners(self.policy, playbook, self._conversation, self._coach, self._tally, self._tell)
        self._moments = Moments(call, self.policy, self._conversation, self._coach, manners, self._tally, self._tell)
        self._tell(CallStarted(0, self.policy.silent_arm))
        self._tell_sound(Channel.AGENT)
        self._coach.begin()

    # --- out ----------------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> int:
        """The sample up to which everything is decided."""
        return self._clock

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def now(self) -> int:
        """The sample up to which every channel was heard."""
        return self._limit

    @property
    def quiet(self) -> int:
        """For how many samples nobody has spoken; a pause does not count."""
        return 0 if self._paused else min((ear.quiet for ear in self._ears.values()), default=0)

    @property
    def counts(self) -> Counts:
        """What hearing the agent came to so far."""
        return self._ears[Channel.AGENT].counts

    def events(self) -> list[Event]:
        """What happened since the last call, in order; what is decided late waits until the agent is silent."""
        if self._deferred and not self._agent_speaks():
            self._tell_deferred()
        events, self._events = self._events, []
        return events

    def requests(self) -> list[Request]:
        """What is wanted since the last call: answer each by `receive_words`, `receive_scores` or `receive_failure`."""
        requests, self._requests = self._requests, []
        return requests

    def purpose(self, request: Request) -> Purpose | None:
        """What the answer would be used for by now; None: for nothing, so that it need not be looked for."""
        return self._purpose(request.id)

    def _purpose(self, request: int) -> Purpose | None:
        if request in self._waiting:
            return Purpose.PAUSE
        return next((purpose for ear in self._ears.values() if (purpose := ear.purpose(request))), None)

    # --- in: sound ----------------------------------------------------------------------------------------------------

    def receive_audio(self, channel: Channel, end: int, probability: float) -> None:
        """The channel was heard up to the sample `end`; `probability` is that of speech since the last one."""
        if self.ended:
            return
        ear = self._ears[channel]
        for event in ear.hear(end, 0.0 if self._paused else probability):
            self._take(event)
        if (breath := ear.unheard) is not None:
            self._requests.append(ear.ask_tick(self._next_id(), breath))
        self._advance()

    def receive_gap(self, channel: Channel, start: int, end: int, *, lost: bool = False) -> None:
        """No sound came from `start` up to the sample `end`: time moves all the same. `lost` sound is counted."""
        if lost and not self._paused:
            self._ears[channel].counts.lost += end - start
        self.receive_audio(channel, end, 0.0)

    def receive_source(self, channel: Channel, state: AudioState, device: str = "") -> None:
        """The device that a channel comes from changed its state."""
        if self.ended:
            return
        ear = self._ears[channel]
        ear.state, ear.device = state, device or ear.device
        self._tell_sound(channel)

    def receive_load(self, *, overloaded: bool) -> None:
        """The recogniser has more to do than it can, or no longer: meanwhile pauses are long, and words not guessed."""
        if overloaded != self._overloaded:
            self._overloaded = overloaded
            for ear in self._ears.values():
                ear.overloaded = overloaded
            self._note_lag()

    def affirm(self) -> None:
        """Say again how the agent is heard: a sign of life where nothing else is said."""
        if not self.ended:
            self._tell_sound(Channel.AGENT)

    # --- in: turns ----------------------------------------------------------------------------------------------------

    def receive_turn(self, channel: Channel, start: int, end: int, text: str) -> None:
        """A stretch of speech whose words are known (a turns file), in the order of `start`.

        Its words are spread evenly over it and heard at their ends.
        """
        self._queue(_Started(start, channel, spread(start, end, text)))
        self._queue(_Said(end, channel, start, end, " ".join(text.split()), final=True))
        self.receive_time(start)

    def receive_time(self, at: int) -> None:
        """Time has come to the sample `at`, and no further turn begins before it."""
        self._limit = max(self._limit, at)
        self._settle()

    # --- in: answers --------------------------------------------------------------------------------------------------

    def receive_words(self, request: int, words: Iterable[Word]) -> None:
        """The answer to a `Transcribe`."""
        text = " ".join(word.text.strip() for word in words if word.text.strip())
        if (ear := self._tick_ear(request)) is not None and ear.tick is not None:
            heard, ear.tick = ear.tick.segment, None
            if text:
                self._tell(Transcript(self._limit, Utterance(heard.channel, heard.onset, heard.offset, text)))
        elif (ear := self._guess_ear(request)) is not None and ear.guess is not None:
            ear.guess.text = text
            if text and self._hearing.by_words:
                # Alone, as it is heard by whoever cannot wait for the customer's words.
                ear.guess.scoring = self._next_id()
                self._requests.append(Classify(ear.guess.scoring, "", text))
            else:
                self._choose_pause(ear, self._hearing.pause)
        elif (said := self._waiting.pop(request, None)) is not None:
            said.text, said.asked = text, None
            self._settle()

    def receive_scores(self, request: int, scores: Scores) -> None:
        """The answer to a `Classify`."""
        if (ear := self._guess_ear(request)) is not None and ear.guess is not None and ear.guess.text:
            self._choose_pause(ear, pause_after(ear.guess.text, scores, self._hearing))
            return
        said = self._waiting.pop(request, None)
        if said is not None and said.judging is not None:
            said.asked = None
            self._go_on(said, scores)
            self._settle()

    def receive_nothing(self, request: int) -> None:
        """Nobody will answer a tick: there was too much to do."""
        if (ear := self._tick_ear(request)) is not None:
            ear.tick = None

    def receive_failure(self, request: int, code: str, message: str) -> None:
        """An engine broke on this request: what it would have heard is lost, the call goes on."""
        self._tell(EngineFailed(self._limit, code, message))
        if (ear := self._tick_ear(request)) is not None:
            ear.tick = None
        if (ear := self._guess_ear(request)) is not None and ear.guess is not None:
            ear.guess.failed = ear.guess.text is None
            self._choose_pause(ear, self._hearing.pause)
        said = self._waiting.pop(request, None)
        if said is not None:
            said.text, said.judging, said.asked = said.text or "", None, None
            if said in self._saying and said.text:
                self._saying.remove(said)
            self._settle()

    # --- in: what people press ----------------------------------------------------------------------------------------

    def dismiss(self, nudge: str) -> None:
        """Take a nudge from the screen; one that is gone already is no fault."""
        if self._coach.standing is not None and self._coach.standing.id == nudge:
            self._coach.clear(ClearedWhy.DISMISSED, self._clock)

    def snooze(self, duration: float | None) -> None:
        """No nudges for `duration` seconds; None: for the rest of the call."""
        until = 1 << 62 if duration is None else self._clock + samples(duration)
        self._coach.snooze(until, self._clock)

    def vote(self, nudge: str, *, helpful: bool) -> None:
        """A thumb for a nudge of this call, once."""
        self._coach.vote(nudge, helpful=helpful, at=self._clock)

    def pause(self) -> None:
        """Hear nothing from here on: what was being said is forgotten, and nobody is nudged for what was said."""
        if self._paused or self.ended:
            return
        self._paused = True
        for channel, ear in self._ears.items():
            self._conversation.silence(channel, ear.horizon)
            ear.forget()
        self._items = [entry for entry in self._items if isinstance(entry[3], _Ended)]
        heapq.heapify(self._items)
        self._saying.clear()
        self._waiting.clear()
        self._moments.pause(self._clock)
        self._tell_sound(Channel.AGENT)

    def resume(self) -> None:
        """Hear again."""
        if self._paused and not self.ended:
            self._paused = False
            for ear in self._ears.values():
                ear.forget()  # the pre-roll must not reach back into the pause
            for channel in self._ears:
                self._tell_sound(channel)

    def end(self) -> None:
        """The call is over. `ended` once every answer that is still out has come."""
        if self._ending:
            return
        self._ending = True
        for ear in self._ears.values():
            for event in ear.finish():
                self._take(event)
        self._limit = max([self._limit, *(ear.horizon for ear in self._ears.values())])
        self._settle()

    # --- time ---------------------------------------------------------------------------------------------------------

    def _take(self, event: SpeechEvent) -> None:
        match event:
            case SpeechStarted():
                self._queue(_Started(event.at, event.channel))
            case SpeechEnded():
                self._queue(_Ended(event.at, event.channel))
            case SpeechFaltered():
                ear = self._ears[event.segment.channel]
                if ear.guesses_early:
                    self._requests.append(ear.ask_early(self._next_id(), event.segment, self._limit))
            case SpeechPaused():
                self._queue(self._pause(event))

    def _pause(self, event: SpeechPaused) -> _Said:
        """The breath that is over, with the words that were guessed, else with a request for them."""
        segment, ear = event.segment, self._ears[event.segment.channel]
        said = _Said(event.at, segment.channel, segment.onset, segment.offset)
        guess = ear.guessed(segment)
        if guess is not None and guess.text is not None:
            said.text = guess.text
            return said
        if guess is not None and not guess.failed:
            said.asked, said.since = guess.request.id, guess.since
        else:
            said.asked, said.since = self._next_id(), max(self._limit, event.at)
            self._requests.append(ear.ask(said.asked, segment))
        self._waiting[said.asked] = said
        return said

    def _queue(self, item: _Item) -> None:
        self._queued += 1
        # What is over at a time comes before what begins then, whoever was heard first.
        order = 2 * isinstance(item, _Started) + (item.channel is Channel.AGENT)
        heapq.heappush(self._items, (item.at, order, self._queued, item))

    def _advance(self) -> None:
        horizon = min(ear.horizon for ear in self._ears.values())
        if horizon > self._limit:
            self._limit = horizon
            self._settle()

    def _settle(self) -> None:
        """Decide everything that can be decided, in the order of time."""
        while not self.ended:
            self._hear_said()
            if self._saying and self._limit - self._saying[0].since < self.policy.lag:
                return
            self._note_lag()
            item = self._items[0][3] if self._items and self._items[0][0] <= self._limit else None
            deadline = self._moments.deadline
            if deadline is not None and deadline <= self._limit and (item is None or deadline < item.at):
                self._clock = max(self._clock, deadline)
                self._moments.due(self._clock)
            elif item is not None:
                heapq.heappop(self._items)
                self._clock = max(self._clock, item.at)
                self._pass(item)
            else:
                break
        if not self._saying and not self.ended:
            self._clock = max(self._clock, self._limit)
            if self._ending:
                self._finish()

    def _pass(self, item: _Item) -> None:
        match item:
            case _Started():
                self._conversation.start(item.channel, item.at, item.ahead)
                if item.channel is Channel.AGENT:
                    self._moments.agent_starts(self._clock)
            case _Said():
                self._conversation.pause(item.channel, item.end)
                self._saying.append(item)
            case _Ended():
                self._conversation.close(item.channel, item.at)
                self._show(self._conversation.utterance(item.channel))

    def _hear_said(self) -> None:
        """Take in, in order, the breaths whose words are there, as far as their scores are there too."""
        while self._saying and self._saying[0].asked is None:
            said = self._saying[0]
            if said.judging is None and not self._begin(said):
                self._saying.popleft()

    def _begin(self, said: _Said) -> bool:
        """Take in the words of a breath; True when they wait for scores."""
        if not said.text:
            return False
        if said.channel is Channel.CUSTOMER and self._conversation.is_echo(said.start, said.text):
            return False
        breath = self._conversation.hear(said.channel, said.start, said.end, said.text)
        self._show(self._conversation.utterance(said.channel, final=said.final))
        if said.channel is Channel.CUSTOMER:
            self._moments.customer_said(breath, self._clock)
            return False
        said.judging = self._moments.hear(breath, lambda: self._clock)
        self._want_scores(said, next(said.judging))
        return True

    def _go_on(self, said: _Said, scores: Scores) -> None:
        """Send the scores into the judgement that waits for them."""
        if said.judging is None:
            raise AssertionError("scores for a breath that awaits none")
        try:
            self._want_scores(said, said.judging.send(scores))
        except StopIteration:
            self._saying.remove(said)

    def _note_lag(self) -> None:
        """Say when answers come too late, and again once they came in time for as long as a decision waits."""
        if self._saying and self._limit - self._saying[0].since >= self.policy.lag:
            self._caught_up = self._limit + self.policy.lag
        lagging = self._limit < self._caught_up or self._overloaded
        if lagging != self._lagging:
            self._lagging = lagging
            self._tell_sound(Channel.AGENT)

    def _finish(self) -> None:
        self._moments.finish(self._clock)
        lost = sum(ear.counts.lost for ear in self._ears.values())
        self._tell(CallEnded(self._clock, self._tally.scorecard(self._coach.nudges), lost))
        self.ended = True

    # --- requests and words -------------------------------------------------------------------------------------------

    def _next_id(self) -> int:
        self._ids += 1
        return self._ids

    def _want_scores(self, said: _Said, wanted: tuple[str, str]) -> None:
        request = self._next_id()
        said.asked, said.since = request, self._limit
        self._waiting[request] = said
        self._requests.append(Classify(request, *wanted))

    def _tick_ear(self, request: int) -> Ear | None:
        """The ear whose tick this request is; None for one that is superseded or no tick."""
        return next((ear for ear in self._ears.values() if ear.tick is not None and ear.tick.id == request), None)

    def _guess_ear(self, request: int) -> Ear | None:
        """The ear whose guess waits for this answer."""
        return next((ear for ear in self._ears.values() if ear.awaits_guess(request)), None)

    def _choose_pause(self, ear: Ear, pause: int) -> None:
        """End the breath that may be over after so long a silence, where that is still open, and hear what waited."""
        if ear.guess is None or ear.guess.settled:
            return
        ear.choose_pause(pause)
        for event in ear.catch_up():
            self._take(event)
        self._advance()

    def _show(self, utterance: Utterance | None) -> None:
        if utterance is not None:
            self._tell(Transcript(self._clock, utterance))

    def _tell_sound(self, channel: Channel) -> None:
        """Say how a channel is heard: a lost device matters most, then a pause, then that answers come late."""
        ear = self._ears.get(channel)
        state = AudioState.LISTENING if ear is None else ear.state
        if state is not AudioState.LOST and channel is Channel.AGENT and (self._paused or self._lagging):
            state = AudioState.PAUSED if self._paused else AudioState.LAGGING
        self._tell(AudioChanged(self._limit, state, channel, ear.device if ear else "", ear.counts.lost if ear else 0))
        if ear is not None and ear.state in _PASSING:
            ear.state = AudioState.LISTENING

    def _agent_speaks(self) -> bool:
        """Whether the agent is heard to speak now, which may be after the time that is being decided."""
        ear = self._ears.get(Channel.AGENT)
        return ear is not None and ear.speaking

    def _tell(self, event: Event) -> None:
        if isinstance(event, NudgeSent | Praised) and self._agent_speaks():
            self._deferred.append(event)
            return
        if isinstance(event, NudgeCleared):  # a nudge that was never seen is told as over, for the history alone
            late = [told for told in self._deferred if isinstance(told, NudgeSent)]
            self._events += [replace(told, nudge=replace(told.nudge, expires_at=event.at)) for told in late]
            self._deferred = [told for told in self._deferred if told not in late]
        self._events.append(event)

    def _tell_deferred(self) -> None:
        fresh = self._limit - self.policy.fresh
        self._events += [told for told in self._deferred if isinstance(told, NudgeSent) or told.at >= fresh]
        self._deferred.clear()
