"""How a customer's words sound: upset, or about to go. Rules like those of `customer`."""

from __future__ import annotations

from voiceassist.core.customer import any_of, spoken

_CALM = any_of(
    r"(?:not|isn't|wasn't|no need to be|i'm not|don't be|hardly) (?:\w+ )?"
    r"(?:upset|angry|annoyed|cross|mad|ridiculous)",
    r"no worries|not the end of the world|don't worry",
)
_UPSET = any_of(
    r"ridiculous|unbelievable|unacceptable|outrageous|disgrace(?:ful)?|disgusting|disgusted|appalling|shocking",
    r"shambles|furious|fuming|livid|gutted|devastated",
    r"(?:i'm|i am|we're|we are|this is|that's|it's|makes me|feel|feeling)(?: \w+){0,2} "
    r"(?:angry|upset|annoyed|annoying|frustrat\w+|disappoint\w+|tired of|cross|mad|heartbroken|insult\w+)",
    r"fed up|sick (?:and tired )?of|had enough|at the end of my|last straw|out of order|can't believe (?:this|it|you)",
    r"what a (?:joke|farce|waste)|a joke|waste of (?:my |our )?(?:time|money)|rip ?off|robbery|scam",
    r"not (?:good enough|happy|fair|on)|isn't (?:good enough|fair)|(?:un|so )fair|never again|how dare",
    r"let (?:me|us) down|ruined|for god's sake|for crying out loud|nobody (?:cares|listens|ever)|you people",
)
_LEAVES = any_of(
    r"(?:i'll|i will|we'll|i'd rather|then i'm|i'm) (?:just )?"
    r"(?:go(?:ing)?|try(?:ing)?|look(?:ing)?|buy(?:ing)?|shop(?:ping)?)(?: it| to)? "
    r"(?:somewhere|someone|somebody|elsewhere|another|around)",
    r"(?:forget|leave) (?:it|about it)(?: then)?|never ?mind then|i'm done(?: here| with)?|we're done",
    r"(?:i'm|i am|we're) (?:leaving|off(?! the))|(?:i'll|we'll) leave it(?: there| at that)?|don't bother",
)


def is_upset(text: str) -> bool:
    """Whether the words show anger, hurt or disappointment."""
    return bool(_UPSET.search(_CALM.sub(" ", spoken(text))))


def is_leaving(text: str) -> bool:
    """Whether the words say that the customer gives up or goes elsewhere."""
    return bool(_LEAVES.search(spoken(text)))
