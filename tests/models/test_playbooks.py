"""The playbooks that come with the program: what is in them, and what they find with the ear that comes with it."""

from __future__ import annotations

from collections import Counter

import pytest

from models.playbooks.measure import NOW, helps, load_books, read_asks
from voiceassist import assets, playbooks
from voiceassist.core.customer import spoken
from voiceassist.core.playbook import Playbook
from voiceassist.engines.refusal import RefusalClassifier

TRADES = ("telecom", "retail", "travel")
NAMES = ("general", *TRADES)


@pytest.fixture(scope="module")
def ear() -> RefusalClassifier:
    return RefusalClassifier(assets.refusal_model())


@pytest.fixture(scope="module")
def books(ear: RefusalClassifier) -> dict[str, Playbook]:
    return load_books(ear.embed)


def suggested(book: Playbook, ear: RefusalClassifier, ask: str) -> list[str]:
    return [offer.id for offer in book.suggest(ear.embed(ask), ask, ask)]


# --- what is in them --------------------------------------------------------------------------------------------------


def test_there_are_a_general_one_and_three_trades() -> None:
    assert tuple(playbooks.bundled()) == tuple(sorted(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_playbook_is_full(books: dict[str, Playbook], name: str) -> None:
    book, draft = books[name], playbooks.read(playbooks.find(name))
    assert len(book.situations) >= (20 if name in TRADES else 12)
    assert len(draft.offers) >= 25
    assert sum(bool(offer.elsewhere) for offer in draft.offers.values()) >= 3
    assert sum(bool(offer.if_said) for offer in draft.offers.values()) >= 2
    assert sum(bool(offer.unless_said) for offer in draft.offers.values()) >= 2
    assert all(offer.window is None for offer in draft.offers.values()), "a replay gives the same at any time"
    assert 4 <= len(draft.forbidden) <= 8
    assert all(len(situation.asked) >= 4 for situation in book.situations)
    assert all(len(situation.offers) >= 2 for situation in book.situations)


@pytest.mark.parametrize("name", NAMES)
def test_feelings_are_met_in_six_ways(books: dict[str, Playbook], name: str) -> None:
    feelings = books[name].feelings
    assert len(feelings) >= 12
    assert all(len(feeling.say) >= 6 for feeling in feelings)
    said = Counter(phrase for feeling in feelings for phrase in feeling.say)
    assert [phrase for phrase, times in said.items() if times > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_phrase_says_what_the_customer_said_or_what_everybody_says(books: dict[str, Playbook], name: str) -> None:
    stock = ("understand your", "hear you", "your frustration", "apologise for any", "inconvenience", "unfortunately")
    for feeling in books[name].feelings:
        heard = {spoken(example) for example in feeling.heard}
        for phrase in feeling.say:
            assert not any(words in phrase.lower() for words in stock), phrase
            assert not any(spoken(phrase) in example for example in heard), phrase


@pytest.mark.parametrize("name", NAMES)
def test_offers_say_what_can_be_done(name: str) -> None:
    for offer in playbooks.read(playbooks.find(name)).offers.values():
        words = spoken(offer.can).split()
        assert not {"can't", "cannot", "not", "won't", "don't", "unfortunately"} & set(words), offer.can
        assert words[0] not in {"i", "we", "you", "to", "can", "no"}, offer.can


@pytest.mark.parametrize("name", NAMES)
def test_nothing_could_be_better_by_the_programs_own_check(books: dict[str, Playbook], ear, name: str) -> None:
    draft = playbooks.read(playbooks.find(name))
    assert list(playbooks.remarks(draft, books[name], ear.embed)) == []


# --- what they find ---------------------------------------------------------------------------------------------------

ASKS = {
    "telecom": [
        (
            "i paid you forty eight hours late and there's a penalty on here, first time in nine years",
            "first-time-credit",
        ),
        ("my wages come on the twenty eighth and the bill is due on the twentieth", "move-due-date"),
        ("i can only ring people if i stand at the bedroom window", "wifi-calling"),
        ("left my handset in a taxi last night", "block-and-sim"),
        ("i sent the hub back in june and you still want sixty for it", "trace-return"),
        ("your man said he'd be here this morning and nobody came", "missed-visit-credit"),
        ("i'd like to end my agreement now rather than in march", "earliest-end-date"),
        ("someone keeps ringing me about an accident i never had", "call-filter"),
        ("i want to watch the cup final but i don't want a sports bundle", "day-pass"),
        ("get me whoever is in charge there", "manager-callback"),
        ("my dad passed away and we need to close his line", "bereavement-team"),
        ("why do people who join today pay less than i do", "loyalty-deal"),
    ],
    "retail": [
        ("i bought these boots in march and they still have the label on", "store-credit"),
        ("the vase was in pieces when i unpacked it", "new-one-tomorrow"),
        ("the courier's photo shows a door that isn't mine", "trace-parcel"),
        ("it's her party on sunday could it come before that", "upgrade-shipping"),
        ("my nan gave me this top and there's no receipt with it", "gift-exchange"),
        ("the same telly is forty cheaper at the place across the road", "match-same-seller"),
        ("saw it on offer two days after i got mine", "difference-as-credit"),
        ("the promo code keeps saying invalid", "better-code"),
        ("will somebody haul off the broken dishwasher", "collect-old-later"),
        ("you sent back only part of my money", "trace-refund"),
        ("toaster died after four months", "free-repair"),
        ("my gift card with twenty pounds on it has gone missing", "reissue-card"),
    ],
    "travel": [
        ("we'd rather fly on the thursday instead", "change-for-fee"),
        ("they put my little girl in row thirty and me in row four", "family-seating"),
        ("they cancelled the ferry and we're stuck on the quay", "rebook-free"),
        ("we're getting the late plane home so could we keep the room a bit", "one-more-hour"),
        ("the people next door had a party until four", "move-room"),
        ("my surname has one letter too many on the booking", "correct-typo"),
        ("my mum is in intensive care so we have to stay home", "medical-waiver"),
        ("can we bring our spaniel", "pet-partner-hotel"),
        ("i'm only nineteen but i've had my licence two years, can i rent one", "young-driver-partner"),
        ("my suitcase was one kilo too heavy and they took thirty euros", "pool-weight"),
        ("my credit ran out in april while i was in hospital", "extend-voucher"),
        ("our bags never came off the plane", "bag-trace"),
    ],
    "general": [
        ("give me what i paid, i never even opened it", "refund-other-part"),
        ("is that the cheapest you can go", "smaller-choice"),
        ("could you squeeze me in before friday", "waiting-list"),
        ("i'd like to talk to whoever you report to", "manager-callback"),
        ("how do i lodge a formal grievance", "log-complaint"),
        ("the lid was cracked when i took it out of the box", "exchange"),
        ("i'm ringing on behalf of my aunt", "add-authorised-person"),
        ("it's been three weeks and not a word from you", "chase-today"),
        ("i've lost the invoice", "search-by-card"),
        ("my hours got cut and i can't pay it all this month", "instalments"),
        ("i want everything you hold on me removed", "data-request"),
        ("drop the penalty please", "explain-fee"),
    ],
}


@pytest.mark.parametrize("name", NAMES)
def test_the_right_offer_is_among_the_first_three(books: dict[str, Playbook], ear, name: str) -> None:
    """Of twelve asks ten: another ear hears one or another of them differently."""
    missed = [(ask, shown) for ask, right in ASKS[name] if right not in (shown := suggested(books[name], ear, ask))]
    assert len(ASKS[name]) >= 12
    assert len(missed) <= 2, missed


ELSEWHERE = [
    "so that was the tenth of june",
    "yes that's right",
    "hang on let me get a pen",
    "thank you very much you've been really helpful",
    "is bruno in pain at all",
    "what's my copay for the flu shot",
    "did you watch the match last night",
    "i live on the corner opposite the church",
    "do you cover root canal on my plan",
    "",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ask", ELSEWHERE)
def test_what_belongs_to_no_situation_finds_nothing(books: dict[str, Playbook], ear, name: str, ask: str) -> None:
    assert suggested(books[name], ear, ask) == []


def test_most_asks_find_a_right_offer_and_few_of_the_others_find_any(books: dict[str, Playbook], ear) -> None:
    asks = read_asks()
    inside = [ask for ask in asks if ask.right]
    outside = [ask for ask in asks if not ask.right]
    assert len(inside) >= 200
    assert sum(helps(books[ask.playbook], ask, ear.embed) for ask in inside) / len(inside) >= 0.75
    found = [ask for ask in outside if suggested(books[ask.playbook], ear, ask.text)]
    assert len(found) / len(outside) <= 0.25


def test_every_ask_names_situations_that_there_are(books: dict[str, Playbook]) -> None:
    for ask in read_asks():
        known = {situation.id for situation in books[ask.playbook].situations}
        assert ask.right <= known, ask
        assert not any(ask.text == example for one in books[ask.playbook].situations for example in one.asked), ask


@pytest.mark.parametrize(
    ("said", "feeling"),
    [
        ("i've rung you five times now", "asked-again-and-again"),
        ("we've been on hold since noon", "waited-long"),
        ("it's our golden wedding", "special-day-at-risk"),
        ("i bought it last week and it's dead already", "let-down-by-product"),
        ("somebody's been spending on my card", "scared-of-fraud"),
        ("my wife died in march", "grieving-or-ill"),
        ("silly me i pressed the wrong button", "own-mistake"),
        ("the lady on the phone said it would be no problem", "told-otherwise"),
        ("i just can't deal with this any more", "worn-out"),
        ("nobody bothered to get back to me", "left-without-answer"),
        ("can i change my address", None),
        ("i'd like a window seat", None),
        ("what are your opening hours", None),
        ("yes please go ahead", None),
        ("how much is it a month", None),
    ],
)
def test_what_a_customer_feels_is_heard(books: dict[str, Playbook], ear, said: str, feeling: str | None) -> None:
    felt = books["general"].felt(ear.embed(said), said)
    assert (felt.id if felt else None) == feeling


def test_a_playbook_is_loaded_by_its_path_as_by_its_name(ear, books: dict[str, Playbook]) -> None:
    path = playbooks.find("retail")
    assert playbooks.load(path, ear.embed, now=NOW).situations == books["retail"].situations
