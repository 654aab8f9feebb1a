"""When a customer is about to be lost: the words ask for a manager, or to cancel. Rules like those of `customer`."""

from __future__ import annotations

from voiceassist.core.customer import any_of, spoken

_HARDLY = (
    r"(?:don't|do not|didn't|did not|not|never|no need)(?: (?:want|need|have|like|going|ask|asked|asking))?(?: to)?"
)
_BOSS = (
    r"(?<!\bmy )(?<!\bour )(?:managers?|supervisors?|boss|superior"
    r"|(?:person|one|someone|somebody|whoever)(?:'s| is)? in charge"
    r"|(?:someone|somebody) (?:senior|higher|above|who can decide|with (?:more )?authority))(?! (?:said|told|promised))"
)
_REACH = r"(?:speak|talk|put|get|transfer|pass|connect|want|need|see|give|demand|asking|call)"
_NO_MANAGER = any_of(rf"{_HARDLY} {_REACH}")
_MANAGER = any_of(
    rf"(?:{_REACH}|where's|where is|who's|who is|is there)\b.{{0,40}}\b{_BOSS}|(?:manager|supervisor) (?:please|now)",
    rf"(?:is|are) (?:your|the|a) {_BOSS} (?:there|here|in|around|available|free)|who(?:'s| is) in charge",
    r"escalate (?:this|it|that|my)|(?:this|it|that) escalated",
)
_CONTRACT = r"(?:account|contract|subscription|plan|policy|membership|service)"
_OTHER = r"(?:competit\w+|provider|company|bank|carrier|supplier)"
_NO_CANCEL = any_of(
    rf"{_HARDLY} (?:cancel|close|stop|end|terminate)",
    r"(?:they|he|she|did you|do you|you (?:had|have|will|might|couldn't|can't|didn't))(?: \w+){0,2} (?:cancel|close)",
    r"(?:if|when|unless|before|in case) (?:i|we)(?: \w+){0,3} (?:cancel|terminate)",
)
_CANCEL = any_of(
    r"(?:want|going|like|love|have|need|rather|wish|decided|ready)\b.{0,25}\b(?:cancel|terminate)",
    r"(?:just|then|so|please|i'll|i will|we'll|let's) (?:just )?cancel|cancel (?:my|the|our|everything|it|this|that)",
    rf"(?:close|end|stop|terminate|want out of|get me out of) (?:my|our|this|the) {_CONTRACT}",
    rf"(?:don't|do not) want (?:my|the|this|your) {_CONTRACT} any ?more|unsubscribe me|lost (?:a|me as a) customer",
    r"(?:i'm|i am|we're|we are) (?:just )?(?:cancell?ing|leaving you|done with you)|tak(?:e|ing) (?:my|our) business",
    rf"(?:switch|mov|go|chang)(?:e|ing)?(?: over)? (?:to (?:a|another|your|the) {_OTHER}|elsewhere|somewhere else)",
)


def asks_for_manager(text: str) -> bool:
    """Whether the words ask for somebody who may decide more."""
    return bool(_MANAGER.search(_NO_MANAGER.sub(" ", spoken(text))))


def wants_to_cancel(text: str) -> bool:
    """Whether the words say that the customer means to leave."""
    return bool(_CANCEL.search(_NO_CANCEL.sub(" ", spoken(text))))
