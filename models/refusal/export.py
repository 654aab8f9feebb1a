"""Writes what the runtime loads: the quantised ONNX graph, the pruned tokenizer and the card that seals both."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer

from models.refusal.encoder import Encoder

# The vocabulary is ordered by how common a word is; words below this place are kept, seen in our rows or not.
COMMON_WORDS = 17_000


def prune_vocabulary(tokenizer: Path, texts: Iterable[str]) -> tuple[dict[str, Any], list[int]]:
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


def write_graph(encoder: Encoder, path: Path) -> None:
    """The encoder as an int8 ONNX graph: `ids`, `types` int64 (1, n) -> `logits` (1, 8), `vector` (1, 384)."""
    encoder = encoder.float().eval()
    ids = torch.arange(12, dtype=torch.int64)[None, :]
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, small = (Path(folder) / name for name in ("plain.onnx", "ready.onnx", "small.onnx"))
        torch.onnx.export(
            encoder,
            (ids, torch.zeros_like(ids)),
            str(plain),
            input_names=["ids", "types"],
            output_names=["logits", "vector"],
            dynamic_axes={"ids": {1: "n"}, "types": {1: "n"}},
            opset_version=17,
            dynamo=False,
        )
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        # Seven-bit weights: where VNNI is missing the eighth bit overflows, and scores would depend on the machine.
        quantize_dynamic(str(ready), str(small), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        onnx.checker.check_model(str(small))
        shutil.copyfile(small, path)


def write_card(folder: Path, version: str, calibration: dict[str, dict[str, float]]) -> None:
    """refusal.json: labels in order, calibration and threshold of each, and the digests of the other files."""
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("refusal.onnx", "tokenizer.json")
    }
    card = {"version": version, "labels": list(calibration), "calibration": calibration, "sha256": digests}
    (folder / "refusal.json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")
