import numpy as np

from voiceassist.core.types import Channel, Label, Scores, SpeechSegment, Word, samples
from voiceassist.engines.scripted import ScriptedClassifier, ScriptedTranscriber

SILENCE = np.zeros(0, np.float32)


def word(start: float, end: float, text: str) -> Word:
    return Word(samples(start), samples(end), text)


def segment(onset: float, offset: float, channel: Channel = Channel.AGENT) -> SpeechSegment:
    return SpeechSegment(channel, samples(onset - 0.3), samples(offset + 0.2), samples(onset), samples(offset))


WORDS = [word(1.0, 1.2, "no"), word(1.5, 1.9, "sorry"), word(4.0, 4.4, "goodbye")]


def test_a_breath_holds_the_words_whose_middle_lies_in_it():
    engine = ScriptedTranscriber({Channel.AGENT: WORDS})
    said = engine.transcribe(SILENCE, segment(1.05, 1.8))
    assert said == [WORDS[0], WORDS[1]]
    assert engine.transcribe(SILENCE, segment(2.5, 3.0)) == []


def test_each_channel_says_its_own_words():
    engine = ScriptedTranscriber({Channel.CUSTOMER: WORDS})
    assert engine.transcribe(SILENCE, segment(1.0, 2.0)) == []
    assert len(engine.transcribe(SILENCE, segment(1.0, 2.0, Channel.CUSTOMER))) == 2


def test_words_that_reach_over_an_edge_are_cut_to_the_segment():
    engine = ScriptedTranscriber({Channel.AGENT: [word(0.6, 1.0, "no"), word(1.9, 2.5, "sorry")]})
    first, last = engine.transcribe(SILENCE, segment(1.0, 2.1))
    assert (first.start, last.end) == (samples(0.7), samples(2.3))


def test_a_word_belongs_to_one_of_two_breaths_that_meet():
    engine = ScriptedTranscriber({Channel.AGENT: WORDS})
    first = SpeechSegment(Channel.AGENT, 0, samples(1.7), samples(0.5), samples(1.7))
    second = SpeechSegment(Channel.AGENT, samples(1.7), samples(2.5), samples(1.7), samples(2.3))
    said = [*engine.transcribe(SILENCE, first), *engine.transcribe(SILENCE, second)]
    assert [word.text for word in said] == ["no", "sorry"]


def test_the_classifier_says_what_the_script_says():
    scripted = ScriptedClassifier({"no": Scores(refusal=0.9)})
    assert scripted.classify("", "no").labels == {Label.REFUSAL}
    assert scripted.classify("", "yes").labels == frozenset()
    by_rule = ScriptedClassifier(lambda prev, text: Scores(reason=float(prev == "why" and text == "so")))
    assert by_rule.classify("why", "so").has(Label.REASON)
    assert not by_rule.classify("", "so").has(Label.REASON)
