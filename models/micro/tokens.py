"""The tokenizer: byte pairs learned from our own texts, then Whisper's special tokens under their names."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
TIMES = tuple(f"<|{step * 0.02:.2f}|>" for step in range(1501))
_MOST_TEXT_TOKENS = 2400


def learn(texts: list[str]) -> Tokenizer:
    """A tokenizer for which most words of `texts` are one token, and that can spell any other text."""
    tokenizer = Tokenizer(models.BPE())
    # A word keeps its apostrophe, so that "can't" is one choice and not two.
    words = pre_tokenizers.Split(Regex(r" ?[A-Za-z']+| ?[0-9]+| ?[^A-Za-z0-9' ]+| +"), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=_MOST_TEXT_TOKENS, min_frequency=8, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator((f" {text}" for text in texts), trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tokenizer


class Vocabulary:
    """What training needs to know of a tokenizer. `size` counts the times too, which follow the special tokens."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.end, self.start, *_, self.no_speech, self.no_times = (tokenizer.token_to_id(name) for name in SPECIAL)
        self.first_time = self.no_times + 1
        self.size = self.first_time + len(TIMES)
        self._words: dict[str, list[tuple[int, bool]]] = {}

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """The vocabulary of a tokenizer.json."""
        return cls(Tokenizer.from_file(str(path)))

    def names(self) -> list[str]:
        """Every token in order, as CTranslate2 lists them."""
        return [*(self.tokenizer.id_to_token(number) or "" for number in range(self.first_time)), *TIMES]

    def word(self, text: str) -> list[tuple[int, bool]]:
        """The tokens of a word after a space, and for each whether it is spoken (else it is punctuation)."""
        if text not in self._words:
            coded = self.tokenizer.encode(f" {text}", add_special_tokens=False)
            self._words[text] = [
                (number, bool(re.search("[A-Za-z]", token)))
                for number, token in zip(coded.ids, coded.tokens, strict=True)
            ]
        return self._words[text]

    def time(self, seconds: float) -> int:
        """The token of a time in the window."""
        return self.first_time + min(len(TIMES) - 1, max(0, round(seconds / 0.02)))

    def same(self) -> list[int]:
        """For each token the one that is the same in small letters."""
        known = json.loads(self.tokenizer.to_str())["model"]["vocab"]
        small = [
            known.get(name.lower() if name.isascii() else name[0] + name[1:].lower(), at)
            for at, name in enumerate(self.names()[: self.end])
        ]
        return [*small, *range(self.end, self.size)]
