"""What a customer's words ask for: small rules over words as a recogniser writes them, without case and commas."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def any_of(*phrases: str) -> re.Pattern[str]:
    """Any of the phrases, as whole words."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


_BACKCHANNEL = frozenset(
    "mm mmm hm hmm mhm uh huh um ah oh ok okay right yeah yes yep yup sure alright i see "
    "good great fine got it gotcha understood really aha".split()
)

# Words that point back at what was asked, press for it, or ask for somebody else's word on it.
_INSISTING = _BACKCHANNEL | frozenset(
    "a about again all an and another any anybody anyone anything are as ask at away be been boss but by call "
    "can can't cannot chance check come could couldn't did didn't do does doesn't doing don't done either "
    "else even ever exception find fix for from get give go going happen hard have haven't help here hope how "
    "i i'd i'll i'm if in into is isn't it it'd it'll just know least leave let like look make making manager "
    "matter maybe me mean might mind mine more must my myself need never no nobody none not nothing now of on "
    "once one only option or other our out over person please possible possibly put rather really rule say "
    "see senior should shouldn't so some somebody somehow someone something somewhere sort speak still "
    "supervisor talk tell than that the their them then there these they thing this those time to too try "
    "trying until up us wait want was wasn't way we well what when where which who why will with won't work "
    "would wouldn't wrong you you'd you'll you're your".split()
)

# "what do you mean, no?" is disbelief, "how is that fair" a protest: they ask for nothing, not even the cause.
_PROTEST = any_of(
    r"(?:are )?you (?:\w+ )?sure (?:you|that|there|it|they|we)",
    r"(?:what )?not even(?: (?:a|an|the|one|for|on|in|if|my) \w+)*",
    r"what do you mean|are you (?:serious|kidding|joking)(?: me)?|you can't be serious|how dare you|give me a break",
    r"you(?:'re| are| must be| have to be| have got to be) (?:kidding|joking)|is (?:that|this) (?:a joke|how you)",
    r"how (?:is|was|can|could) (?:that|this|it)(?: be)?(?: my)? (?:fair|right|possible|okay|legal|problem|fault)",
    r"do you (?:reali[sz]e(?: how \w+)?|know how (?:long|often) i|think (?:it's|this is|that's) (?:fair|right|ok))",
    r"what (?:kind|sort) of (?:company|service|place|business|people)|what a joke|what(?:'s| is) wrong with you",
)
_WHY = any_of(
    r"why|how come|how so|what for|for what reason|on what grounds|what(?:'s| is) stopping you|what stops you",
    r"what(?:'s| is| was| would be)?(?: your| the| this| that)?(?: \w+)? (?:reason|reasoning|cause)",
    r"(?:what|which)(?: kind of| sort of| is the| is that|'s the|'s that)? (?:policy|rule)(?! (?:on|for|about|covers))",
    r"(?:is there|do you have|to know|(?:give|giving|tell|telling) (?:me|us)) (?:a|an|any|one|the)(?: \w+)? reason",
)
_NOT_WHY = any_of(
    r"(?:that|this|it|which)(?:'s| is| was)(?: \w+)? why|(?:told|explained to|showed) (?:me|us) why",
    r"i (?:can |do |totally |completely )?(?:know|understand|see|get) why(?! not)",
)
_PROPOSAL = any_of(r"why don't (?:you|we) (?:just )?(?!have\b|do\b|offer\b|allow\b|take\b|accept\b|let\b)\w+")

_AUXILIARY = r"(?:(?:can|could|may|might|would|will|do|does|did|is|are|was|were|have|has|should)(?:n't|'t)?|won't)"
_SUBJECT = r"(?:i|we|you|he|she|they|it|there|my|the|that|this|your|any)"
# "can you tell me why", "why can't you": all of it is the why.
_WHOLE_WHY = re.compile(
    r"(?:\b(?:(?:can|could|would|will|may) (?:you|i)(?: please| just| at least)*(?: mind)?|do you|please"
    r"|(?:i|we)(?:'d| would| just| really)* (?:like|want|love|need) to) )?"
    r"(?:\b(?:tell|telling|explain|explaining|ask|know|understand|hear|say)(?: to)?(?: me| us)? )?"
    rf"{_WHY.pattern}(?: not\b| {_AUXILIARY} \w+)?"
)
_ECHO = re.compile(
    r"(?:(?:oh|so|wait|but|okay) )*(?:really|seriously|sorry|pardon|excuse me|what|huh|nothing|none|never"
    r"|no(?: \w+){0,2}|(?:(?:you|we|they|it|i|that) )?(?:can't|cannot|don't|won't|isn't|aren't|not)(?: \w+){0,3})"
)
_OPENING = r"(?:so|and|but|or|then|well|okay|ok|fine|oh|yes|yeah|no|hi|hello|um|uh|sorry|just|please)"
# "that's not fair, is it?" judges, "so do I" agrees
_TAG = re.compile(rf"^(?:((?:{_OPENING} )*(?:that|this|it)\b.*)|so|nor|neither) {_AUXILIARY} {_SUBJECT}(?: think)?$")
_WISH = any_of(
    # a question: the verb before its subject, where "I was there", "it is the" cannot be meant
    rf"(?:(?:can|could|may|might|would|will|shall|should)(?:n't|'t)?|won't) {_SUBJECT}",
    r"(?:do|did|are)(?:n't)? (?:you|they|we)|(?:do|am) i|does(?:n't)? (?:it|the|my|your)|(?:is|are)(?:n't)? there",
    rf"(?:{_OPENING}|what|where|when|how|who) (?:is|are|was|were|has|does|did)(?:n't)? {_SUBJECT}",
    rf"^(?:{_OPENING} )*(?:(?:is|are|was|were|has|does|did)(?:n't)?|do (?:the|my|your|any)|have you) \w+",
    rf"^(?:{_OPENING} )*(?:which(?! is| was| means)|(?:who|when|where|how) {_AUXILIARY}) \w+",
    rf"^(?:{_OPENING} )*what(?! (?:a|an|the|no|i|you|we|they|it)\b) \w+ \w+",
    r"how (?:much|long|many|soon|late|early|far)|what (?:time|else|about|happens)|how about|any chance",
    r"(?:when|where|who)'s (?:the|my|your|that|this)|what's (?:the|my|your) (?!point)\w+",
    # a wish
    r"(?:i|we)(?:'d| would) (?:like|love|want|rather|prefer|need)|(?<!oh )please",
    r"(?<!not what )(?<!that's all )(?<!that is all )(?:i|we)"
    r"(?: just| really| also| still)* (?:want(?:ed)?|need|wish to)",
    r"(?:i|we) (?:just )?(?:was|am|were) hoping|(?:i'm|we're) (?:hoping|looking|trying|wondering|calling|after)",
    r"let me (?:have|get|speak|talk)|(?<!you )(?:give|send) me",
    rf"^(?:{_OPENING} )*(?:get|book|put|make|find|refund|transfer|show|ship|exchange|replace|waive|change|move|check)"
    r" (?:me|us|it|my|the|that|this|another|again)",
)


_ANOTHER = any_of(
    r"by the way|on another note|besides that|separately|while (?:i'm|we're|you're|i have you) (?:here|on|at it)",
    r"(?:one|another|the other|the next|a second|one last|the last|a different|one other) (?:\w+ )?(?:thing|question)",
    r"also (?:can|could|do|is|are|would|will|i|we)|oh and",
)
_FINE = r"(?:good|great|fine|fair|perfect|lovely|helpful|wonderful|brilliant|ideal|okay|ok|reasonable)"
_ACCEPTANCE = re.compile(
    r"(?:(?:so|and|or|well|okay|ok|oh|yes|yeah|um|uh|right|alright) )*(?:"
    rf"(?:that|this|it)(?:'s|'d be| is| was| would be| will be| sounds| seems|'ll be)(?: \w+)? {_FINE}"
    r"|(?:that|this|it)(?:'ll| will| would|'d)? (?:works?|helps?|do)|sounds (?:good|great|fair|fine|perfect)"
    r"|perfect|brilliant|lovely|wonderful|excellent|fantastic|great|thank you|thanks"
    r"|(?:i'll|i will|we'll|let me|let's) (?:take|go with|go for|have|do) (?:it|that|this|those|one)"
    r")\b"
)
# "that would be great if you could", "thanks but no": what is taken is not taken back in the same breath.
_TAKEN_BACK = any_of(r"but|though|however|if|unless|just|only|no|not|never|nothing|none|\w+n't|good for you")


def spoken(text: str) -> str:
    """The text as a recogniser would write it: lower case, single spaces, no punctuation but apostrophes."""
    return " ".join(_WORD.findall(text.lower().replace("’", "'")))


def is_backchannel(text: str) -> bool:
    """Words that leave the turn with the other side: "mm-hm", "okay", "oh right". No words at all are one too."""
    return all(word in _BACKCHANNEL for word in spoken(text).split())


def names_matter(text: str) -> bool:
    """Whether the words name something of their own: "can you please try once more" only insists."""
    return any(word.removesuffix("'s") not in _INSISTING for word in spoken(text).split())


def turns_to_another(text: str) -> bool:
    """Whether the words themselves say that they turn to another matter: "by the way", "one more thing"."""
    return bool(_ANOTHER.search(spoken(text)))


def accepts(text: str) -> bool:
    """Whether the words begin with a yes to what was offered: "that sounds fair", "perfect", "thank you"."""
    said = spoken(text)
    return bool(_ACCEPTANCE.match(said)) and not _TAKEN_BACK.search(said)


def asks_why(text: str) -> bool:
    """Whether the words ask for the cause of a no; disbelief does not."""
    asked = spoken(text)
    for other in (_PROTEST, _NOT_WHY, _PROPOSAL):
        asked = other.sub(" ", asked)
    return bool(_WHY.search(asked))


def is_request(text: str) -> bool:
    """A question or a wish, save for a mere "why?", disbelief and protest."""
    return any(map(_is_request, re.findall(r"[^.?!]+[.?!]*", text)))


def _is_request(sentence: str) -> bool:
    said = asked = _PROPOSAL.sub("please", spoken(sentence))
    for other in (_PROTEST, _NOT_WHY, _WHOLE_WHY):
        asked = other.sub(" ", asked)
    asked = _TAG.sub(r"\1", asked)
    is_question = sentence.rstrip().endswith("?") and asked == said and not _ECHO.fullmatch(said)
    return is_question or bool(_WISH.search(asked))
