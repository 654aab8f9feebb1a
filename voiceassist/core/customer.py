"""What a customer's words ask for: small rules over words as a recogniser writes them, without case and commas."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")

_BACKCHANNEL = frozenset(
    "mm mmm hm hmm mhm mm-hm uh-huh uh huh um ah oh ok okay right yeah yes yep yup sure alright i see "
    "good great fine got it gotcha understood really aha".split()
)

# "what do you mean, no?" is disbelief: it asks for no cause.
_DISBELIEF = re.compile(r"\bwhat do you mean\b|\bare you (?:serious|kidding|joking)\b|\byou're (?:kidding|joking)\b")
_WHY = re.compile(
    r"\bwhy\b|\bhow come\b|\bwhat for\b|\bhow so\b"
    r"|\bwhat(?:'s| is| was| would be)?(?: your| the| this| that)?(?: \w+)? (?:policy|reason|cause)\b"
    r"|\b(?:which|what) (?:policy|rule)\b|\bfor what reason\b|\bon what grounds\b"
    r"|\bwhat's stopping you\b|\bwhat stops you\b"
    r"|\bis there (?:a|any) reason\b|\bgive me (?:a|one) (?:good )?reason\b"
)
# "why don't you ..." proposes; "that's why I ..." tells.
_NOT_WHY = re.compile(
    r"\bthat(?:'s| is) why\b|\bwhy don't (?:you|we) (?:just )?(?!have|do|offer|allow|take|accept|let)\w+"
)

_WISH = re.compile(
    r"\b(?:can|could|may|might|would|will|do|does|did|is|are|was|were|have|has|shall|should) "
    r"(?:i|we|you|he|she|they|it|there|my|the|that|this|your|any)\b"
    r"|\b(?:i|we)(?:'d| would) (?:like|love|want|rather|prefer|need)\b"
    r"|\b(?:i|we)(?: just| really| also| still)* (?:want|need|wanna|was hoping|am hoping|wish|wanted)\b"
    r"|\bi'm (?:hoping|looking|trying|wondering|calling|after)\b"
    r"|\blet me (?:have|get|speak|talk)\b|\bgive me\b|\bsend me\b|\bwhat about\b|\bhow about\b"
    r"|\bhow (?:much|long|many|soon)\b|\bwhat time\b|\bwhen (?:can|could|will|do|does|is)\b|\bwhere (?:can|is|do)\b"
    r"|\bany chance\b|\bis it possible\b|\bplease\b"
)

_MANAGER = re.compile(
    r"\b(?:speak|talk|put|get|transfer|pass|escalate|connect|want|need|see|give|where's|where is|call)\b.{0,40}"
    r"\b(?:manager|supervisor|boss|superior|person in charge"
    r"|(?:somebody|someone) (?:senior|higher|above|else in charge))\b"
    r"|\b(?:your|a|the) (?:manager|supervisor) (?:please|now)\b|\bwho(?:'s| is) in charge\b"
)
_CANCEL = re.compile(
    r"\b(?:want|going|like|love|have|need|rather|wish|mind|decided|ready)\b.{0,25}\b(?:cancel|terminate)\b"
    r"|\b(?:want|going|like|love|need|rather|decided)\b.{0,25}\b(?:close|end|stop)\b.{0,20}"
    r"\b(?:account|contract|subscription|plan|policy|membership|service)\b"
    r"|\b(?:just|then|so|please|i'll|i will|let's) (?:just )?cancel\b|\bclose my account\b"
    r"|\bcancel (?:my|the|our|everything|it all|the whole|this)\b"
    r"|\b(?:i'm|i am|we're|we are) (?:leaving you|done with you|taking my business|taking our business)\b"
    r"|\btake (?:my|our) business\b"
    r"|\b(?:switch|switching|move|moving|go|going) (?:over )?to (?:a|another|your) competit"
)
_STAYS = re.compile(r"\b(?:don't|do not|not|didn't|never)(?: \w+)? (?:to )?(?:cancel|close|stop|end)\b")


def _spoken(text: str) -> str:
    """The text as a recogniser would write it: lower case, single spaces, no punctuation but apostrophes."""
    return " ".join(_WORD.findall(text.lower().replace("’", "'")))


def is_backchannel(text: str) -> bool:
    """Words that leave the turn with the other side: "mm-hm", "okay", "oh right". No words at all are one too."""
    return all(word in _BACKCHANNEL for word in _spoken(text).split())


def asks_why(text: str) -> bool:
    """Whether the words ask for the cause of a no; disbelief does not."""
    spoken = _spoken(text)
    if _DISBELIEF.search(spoken) and not re.search(r"\bwhy\b", spoken):
        return False
    return bool(_WHY.search(_NOT_WHY.sub(" ", spoken)))


def is_request(text: str) -> bool:
    """A question or a wish, save for a mere "why?" and disbelief."""
    spoken = _spoken(text)
    if _DISBELIEF.search(spoken) or (asks_why(text) and not _WISH.search(re.sub(r"\bwhy\b.*", " ", spoken))):
        return False
    return "?" in text or bool(_WISH.search(spoken))


def asks_for_manager(text: str) -> bool:
    """Whether the words ask for somebody who may decide more."""
    return bool(_MANAGER.search(_spoken(text)))


def wants_to_cancel(text: str) -> bool:
    """Whether the words say that the customer means to leave."""
    spoken = _spoken(text)
    return bool(_CANCEL.search(spoken)) and not _STAYS.search(spoken)
