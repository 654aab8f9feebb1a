"""The numbers that a call is judged by, in samples and counts; `settings.py` turns the user's seconds into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voiceassist.core.types import NudgeKind, samples


@dataclass(frozen=True, slots=True)
class Hearing:
    """When a channel counts as speaking. Durations in samples, probabilities in [0, 1]."""

    enter: float = 0.5
    leave: float = 0.35
    pause: int = samples(0.2)
    ahead: bool = False
    """Whether words are asked for at the first silence already, to be there when the pause is long enough."""
    by_words: bool = False
    """Whether the words that are asked for ahead choose how long a pause is."""
    short_pause: int = samples(0.096)
    """The pause after words that are a whole refusal."""
    long_pause: int = samples(0.32)
    """The pause after words that do not end there."""
    end: int = samples(0.6)
    pre_roll: int = samples(0.3)
    longest: int = samples(20.0)
    """A breath without any pause is cut here: no recogniser takes more than 30 s at once."""
    tick: int = 0
    """How often words are shown while they are still being said; 0 shows them at pauses only."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When a no is judged, nudged and forgotten. Durations in samples."""

    grace: int = samples(1.2)
    cooldown: int = samples(20.0)
    cap: int = 3
    nudge_life: int = samples(10.0)
    moment_life: int = samples(20.0)
    hold: int = samples(15.0)
    answer: int = samples(0.5)
    """How long the customer must have spoken to have taken the turn."""
    backchannel: int = samples(1.0)
    """Longer than this nobody says "mm-hm": speech whose words are not known yet is then an answer."""
    turn_gap: int = samples(3.0)
    """Breaths of the agent this far apart belong to different turns."""
    fresh: int = samples(4.0)
    """How long praise that waits for the agent to fall silent is still worth a word."""
    lag: int = samples(3.0)
    """How long a decision waits for the answers that it rests on."""
    unsure: float = 0.35
    sure: float = 0.65
    implied: float = 0.9
    """As sure as that must be a no in words that deny nothing: "it will be Thursday", "the pool is for members"."""
    doubt: float = 0.4
    """A part with this score may have been said: nobody is told to say it."""
    new_matter: float = 0.4
    """Cosine below which a customer's request is about another matter than the one that was refused."""
    lead: int = samples(0.3)
    """How long the customer must have spoken to have the floor: two who begin together interrupt nobody."""
    overlap: int = samples(0.5)
    """From here on, speech over the customer's is an interruption."""
    interruptions: int = 2
    """So many of them, and the agent is asked to let the customer finish."""
    vent: int = samples(6.0)
    """After a no, a customer's turn of this length wants to be acknowledged."""
    off: frozenset[NudgeKind] = frozenset()
    votes: Mapping[NudgeKind, tuple[int, int]] = field(default_factory=dict[NudgeKind, tuple[int, int]])
    """Thumbs up and down that each kind had in the calls before."""
    least_votes: int = 6
    floor: float = 0.3
    """A kind that has votes enough and helped less often than this falls silent."""
    silent_arm: bool = False
    alerts: bool = True
