from pathlib import Path

import numpy as np

from models.refusal.retrieval import Ask, Offer, by_both, by_vector, by_words, found, read_asks, read_offers
from voiceassist.engines.refusal import RefusalClassifier

FOLDER = Path(__file__).parents[2] / "models" / "refusal"


def test_the_right_offer_is_among_the_first_three():
    offers, asks = read_offers(), read_asks()
    plain = [ask for ask in asks if ask.kind == "plain"]
    assert len(plain) >= 60
    ear = RefusalClassifier(FOLDER)
    assert found(by_vector(ear, offers), offers, plain) >= 0.85
    assert found(by_vector(ear, offers), offers, asks) > found(by_words(offers), offers, asks)
    for some in (plain, asks):
        assert found(by_both(ear, offers), offers, some) > found(by_words(offers), offers, some)


def test_every_ask_has_a_right_offer_and_none_was_written_for_it():
    offers, asks = read_offers(), read_asks()
    assert {name for ask in asks for name in ask.right} <= {offer.id for offer in offers}
    assert all(ask.right for ask in asks)
    examples = {text.lower() for offer in offers for text in offer.texts}
    assert not examples & {ask.text.lower() for ask in asks}


def test_an_ask_is_found_where_a_right_offer_comes_third():
    offers = [Offer(str(place), ("x",)) for place in range(5)]
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    asks = [Ask("a", "plain", "so", frozenset({"2"})), Ask("b", "plain", "so", frozenset({"3", "4"}))]
    assert found(lambda _: scores, offers, asks[:1]) == 1.0
    assert found(lambda _: scores, offers, asks) == 0.5
