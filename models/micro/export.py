"""Writes the trained network as a faster-whisper model: `python -m models.micro.export --run FOLDER`."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from ctranslate2.specs import WhisperSpec
from torch import nn

from models.micro.network import CrossAttention, FeedForward, Network, SelfAttention, Shape
from models.micro.tokens import Vocabulary

FOLDER = Path(__file__).with_name("whisper-micro")


def main() -> None:
    """Export a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the folder of models.micro.train")
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    export(arguments.run, arguments.out)
    for path in sorted(arguments.out.iterdir()):
        print(f"{path.stat().st_size:>9} {path.name}")


def export(run: Path, out: Path) -> None:
    """Write the network of `run` in 8 bits to the folder `out`, which is made anew."""
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    network = Network(Shape(**saved["shape"]), saved["network"]["decoder.same"])
    network.load_state_dict(saved["network"])
    vocabulary = Vocabulary.load(run / "tokenizer.json")
    spec = _spec(network.requires_grad_(False).eval())
    blank = vocabulary.tokenizer.token_to_id("Ġ")
    # The end may come first: where there are no words, none are forced.
    spec.config.suppress_ids, spec.config.suppress_ids_begin, spec.config.lang_ids = [], [blank], []
    heads = range(network.shape.heads)
    spec.config.alignment_heads = [[network.shape.decoder_layers - 1, head] for head in heads]
    spec.register_vocabulary(vocabulary.names())
    spec.validate()
    spec.optimize(quantization="int8")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    spec.save(str(out))
    shutil.copy(run / "tokenizer.json", out)
    features = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (out / "preprocessor_config.json").write_text(f"{json.dumps(features, indent=1)}\n", encoding="utf-8")


def _spec(network: Network) -> WhisperSpec:
    shape = network.shape
    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    encoder, decoder = network.encoder, network.decoder
    _linear(spec.encoder.conv1, encoder.conv1)
    _linear(spec.encoder.conv2, encoder.conv2)
    spec.encoder.position_encodings.encodings = encoder.positions
    _norm(spec.encoder.layer_norm, encoder.norm)
    for part, layer in zip(spec.encoder.layer, encoder.layers, strict=True):
        _self_attention(part.self_attention, layer.attention, layer.attention_norm)
        _feed_forward(part.ffn, layer.feed_forward, layer.forward_norm)
    embeddings = decoder.embeddings()
    spec.decoder.embeddings.weight = embeddings
    spec.decoder.projection.weight = embeddings.clone()
    spec.decoder.position_encodings.encodings = decoder.positions
    _norm(spec.decoder.layer_norm, decoder.norm)
    for part, layer in zip(spec.decoder.layer, decoder.layers, strict=True):
        _self_attention(part.self_attention, layer.self_attention, layer.self_norm)
        _cross_attention(part.attention, layer.cross_attention, layer.cross_norm)
        _feed_forward(part.ffn, layer.feed_forward, layer.forward_norm)
    return spec


def _self_attention(spec: Any, attention: SelfAttention, norm: nn.LayerNorm) -> None:
    _norm(spec.layer_norm, norm)
    _linear(spec.linear[0], attention.qkv)
    _linear(spec.linear[1], attention.out)


def _cross_attention(spec: Any, attention: CrossAttention, norm: nn.LayerNorm) -> None:
    _norm(spec.layer_norm, norm)
    _linear(spec.linear[0], attention.q)
    _linear(spec.linear[1], attention.kv)
    _linear(spec.linear[2], attention.out)


def _feed_forward(spec: Any, forward: FeedForward, norm: nn.LayerNorm) -> None:
    _norm(spec.layer_norm, norm)
    _linear(spec.linear_0, forward[0])
    _linear(spec.linear_1, forward[2])


def _linear(spec: Any, layer: Any) -> None:
    spec.weight, spec.bias = layer.weight, layer.bias


def _norm(spec: Any, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = norm.weight, norm.bias


if __name__ == "__main__":
    main()
