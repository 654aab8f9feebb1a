"""A small BERT encoder with a head of eight labels and a sentence vector, for training only."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, INNER, POSITIONS = 384, 12, 1536, 128


class Layer(nn.Module):
    """Self-attention and a feed-forward block, each normalised after its residual."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.mix_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.widen = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)
        self.narrow_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        batch, length, _ = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)

        scores = split(self.query(x)) @ split(self.key(x)).transpose(2, 3) / math.sqrt(WIDTH // HEADS)
        if bias is not None:
            scores = scores + bias
        seen = (scores.softmax(-1) @ split(self.value(x))).transpose(1, 2).reshape(batch, length, WIDTH)
        x = self.mix_norm(x + self.dropout(self.mix(seen)))
        return self.narrow_norm(x + self.dropout(self.narrow(functional.gelu(self.widen(x)))))


class Encoder(nn.Module):
    """`[CLS] text [SEP] prev [SEP]` -> 8 logits and the unit mean vector of the text.

    The text comes first, so that a text alone is encoded exactly as the pre-trained sentence encoder did.
    """

    def __init__(self, vocabulary: int, layers: int = 6, dropout: float = 0.1) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(layers))
        self.hidden = nn.Linear(2 * WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, 8)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """ids, types: int64 (batch, length); mask: bool, True at real tokens. -> (batch, 8), (batch, 384)."""
        place = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.norm(self.tokens(ids) + self.positions(place) + self.types(types)))
        bias = None if mask is None else (~mask)[:, None, None, :] * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        own = (types == 0) if mask is None else (types == 0) & mask
        weight = own.unsqueeze(-1).to(x.dtype)
        mean = (x * weight).sum(1) / weight.sum(1)
        logits = self.head(self.dropout(functional.gelu(self.hidden(torch.cat([x[:, 0], mean], dim=-1)))))
        return logits, functional.normalize(mean, dim=-1)


def load_pretrained(weights: Path, keep: list[int], layers: int = 6) -> Encoder:
    """The encoder with the pre-trained MiniLM weights; `keep` are the vocabulary rows kept, in their new order."""
    state = load_file(str(weights))
    encoder = Encoder(len(keep), layers)
    own: dict[str, Tensor] = {
        "tokens.weight": state["embeddings.word_embeddings.weight"][keep],
        "positions.weight": state["embeddings.position_embeddings.weight"][:POSITIONS],
        "types.weight": state["embeddings.token_type_embeddings.weight"],
        "norm.weight": state["embeddings.LayerNorm.weight"],
        "norm.bias": state["embeddings.LayerNorm.bias"],
    }
    names = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "mix": "attention.output.dense",
        "mix_norm": "attention.output.LayerNorm",
        "widen": "intermediate.dense",
        "narrow": "output.dense",
        "narrow_norm": "output.LayerNorm",
    }
    for index in range(layers):
        for ours, theirs in names.items():
            for part in ("weight", "bias"):
                own[f"layers.{index}.{ours}.{part}"] = state[f"encoder.layer.{index}.{theirs}.{part}"]
    missing, unexpected = encoder.load_state_dict(own, strict=False)
    if unexpected or any(not name.startswith(("hidden.", "head.")) for name in missing):
        raise ValueError(f"{weights.name} does not fit the encoder: {missing} {unexpected}")
    return encoder
