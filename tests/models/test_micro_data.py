import json
from itertools import pairwise

import pytest
from needs import ROOT

from models.micro import texts

MODEL = ROOT / "models" / "micro" / "whisper-micro"
KINDS = ("combinations", "structures")


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return texts.corpus(12_000)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_held_out_is_never_trained_on(corpus, kind):
    trained = {tuple(texts.plain(text)) for text in corpus}
    assert [text for text in texts.held_out(kind) if tuple(texts.plain(text)) in trained] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_held_out_holds_only_words_that_are_trained(kind):
    known = {word.lower() for word in texts.words()}
    assert {word for text in texts.held_out(kind) for word in texts.plain(text)} <= known


def test_enough_is_held_out():
    assert len(set(texts.held_out("combinations"))) >= 60
    assert len(set(texts.held_out("structures"))) >= 30


def test_sentences_of_unseen_structure_share_no_long_piece_with_the_texts(corpus):
    """Hardly any five words in a row of them are trained."""
    trained = {five for text in corpus for five in _fives(text)}
    seen = [five in trained for text in texts.held_out("structures") for five in _fives(text)]
    assert sum(seen) / len(seen) < 0.05


def test_the_same_seed_draws_the_same_texts(corpus):
    assert texts.corpus(200) == corpus[:200]
    assert texts.corpus(200, seed=1) != corpus[:200]


def test_every_word_is_trained(corpus):
    said = {word for text in corpus for word in texts.plain(text)}
    assert {word.lower() for word in texts.words()} - said == set()


def test_half_of_the_texts_make_no_sense(corpus):
    """Else the decoder would learn the sentences by heart: it must listen."""
    pairs = {pair for lines in texts.LINES.values() for text in lines for pair in _pairs(text)}
    strange = [text for text in corpus if sum(pair not in pairs for pair in _pairs(text)) > len(_pairs(text)) / 2]
    assert len(strange) / len(corpus) > 0.4


def test_the_model_is_small_enough_to_be_kept_here():
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= 12_000_000


def test_the_model_s_parts_belong_together():
    names = json.loads((MODEL / "vocabulary.json").read_text("utf-8"))
    added = json.loads((MODEL / "tokenizer.json").read_text("utf-8"))["added_tokens"]
    assert [names[token["id"]] for token in added] == [token["content"] for token in added]
    assert names[-1501:][0] == "<|0.00|>"
    assert names[-1] == "<|30.00|>"


def _fives(text: str) -> list[tuple[str, ...]]:
    words = texts.plain(text)
    return [tuple(words[at : at + 5]) for at in range(len(words) - 4)]


def _pairs(text: str) -> list[tuple[str, ...]]:
    words = text.lower().split()
    return list(pairwise(words))
