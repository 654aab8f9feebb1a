"""Is a text clearly not English? Judged from its letters and small words, leaning towards English when in doubt."""

from __future__ import annotations

import re

_ENGLISH = frozenset(
    "a about after again all also always am an and any anyone anything are around as ask at away back be because "
    "been before bear being best better book both but by call called calling can can't cannot card check could "
    "couldn't course day days did didn't do does doesn't doing don't done down each early either else even ever "
    "every everything fee few find fine first for free from full get getting give go going good got great had has "
    "hasn't have haven't having he hello help her here hey him his hold hours how i i'd i'll i'm i've if in into "
    "is isn't it it'll it's its just keep know last late later let let's like line little long look looks lot "
    "love made make maybe me mean might minute moment money month more most much must my name need never new next "
    "no nope not nothing now of off offer oh ok okay old on once one only open or order other our out over own "
    "pay phone place please policy possible price put ready really refund right room said same say see send she "
    "should show since so some somebody someone something soon sorry speak still stock stop store such sure take "
    "talk tell than thank thanks that that's the their them then there there's these they they're thing things "
    "think this those though through time to today tomorrow too took try trying two uh um under understand "
    "unfortunately until up us use very wait want wanted was wasn't way we we'd we'll we're we've week weeks well "
    "were what what's when where which while who whole why will with without won't work working would wouldn't "
    "yeah year yes yet you you'd you'll you're you've your "
    .split()
)  # fmt: skip
_FOREIGN = frozenset(
    # Spanish
    "el los las una unos que qué de del al y pero por para con su sus mi muy más está están puedo puede podemos "
    "tengo tiene usted nosotros lo siento eso esto porque hoy mañana señor señora gracias ahora también hacer "
    "nada hay ya le se es son "
    # French
    "le la les un une des du et mais pour avec dans sur ce cette nous vous je ne pas est sont suis peux pouvons "
    "désolé monsieur madame merci aujourd'hui demain c'est j'ai qui très plus votre notre avez peut être faire ça "
    "il elle y rien jour malheureusement ici n'est n'y "
    # German
    "der das den dem ein eine einen und aber für mit nicht ist sind ich wir sie ihr ihnen kann können leider "
    "haben hat kein keine auch auf von zu heute morgen bitte danke das geht es tut mir leid weil noch "
    # Portuguese
    "o os uma não mas em no na dos das você senhor nós posso pode podemos sinto muito obrigado isso hoje amanhã "
    "está estou tem para com seu sua temos fazemos depois mais dias vaga "
    # Tagalog
    "ang ng mga sa po hindi namin kami ako ikaw siya kayo tayo natin namin naman lang ito iyan iyon kung dahil "
    "wala meron opo pwede puwede paumanhin salamat bukas ngayon kasi ninyo niyo "
    # Hindi in Latin letters
    "hai hain nahi nahin hum aap aapka aapko mein ka ki ke ko se par kar karte kya yeh woh sakte sakta sakti hoga "
    "maaf kijiye abhi kal aaj liye bahut accha theek humare mujhe "
    # Mandarin in Latin letters
    "wo women ni nin de shi bu meiyou keyi duibuqi xiexie qing zai jintian mingtian wo mei jian ming tian nin "
    "xing hao yi si le "
    .split()
)  # fmt: skip
_AMBIGUOUS = _ENGLISH & _FOREIGN | frozenset("no a me he as do so come to is was i can de la el le les par ni".split())
_LAST_LATIN = "\u024f"
_ENOUGH = 4
"""Words, or letters of another script, below which nothing is judged."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def is_foreign(text: str) -> bool:
    """True for a text of at least four words that is clearly not English; fewer words show too little."""
    letters = [char for char in text if char.isalpha()]
    other = sum(1 for char in letters if char > _LAST_LATIN)
    if other * 2 > len(letters):
        return other >= _ENOUGH
    words = _WORD.findall(text.lower().replace("’", "'"))
    if len(words) < _ENOUGH:
        return False
    english = sum(1 for word in words if word in _ENGLISH and word not in _AMBIGUOUS)
    foreign = sum(1 for word in words if not word.isascii() or (word in _FOREIGN and word not in _AMBIGUOUS))
    return foreign > max(1, 2 * english) and foreign * 4 >= len(words)
