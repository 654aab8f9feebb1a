"""A small BERT encoder with a head of eight labels and a sentence vector, for training only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

POSITIONS, VECTOR = 128, 384

NEW = "hidden.", "head.", "matter."
"""The parts that MiniLM does not bring."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of an encoder; that of MiniLM unless said otherwise."""

    layers: int = 6
    width: int = 384
    heads: int = 12
    inner: int = 1536
    dropout: float = 0.1


class Dropout(nn.Module):
    """Drops whole features of a line, at every word alike: as good here as dropping values, and far cheaper to draw."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        shape = (x.shape[0], *(1,) * (x.dim() - 2), x.shape[-1])
        kept = torch.rand(shape, device=x.device) >= self.rate
        return x * (kept.to(x.dtype) / (1 - self.rate))


class Layer(nn.Module):
    """Self-attention and a feed-forward block, each normalised after its residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.mix = nn.Linear(width, width)
        self.mix_norm = nn.LayerNorm(width, eps=1e-12)
        self.widen = nn.Linear(width, shape.inner)
        self.narrow = nn.Linear(shape.inner, width)
        self.narrow_norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = Dropout(shape.dropout)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        batch, length, width = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

        scores = split(self.query(x)) @ split(self.key(x)).transpose(2, 3) / math.sqrt(width // self.heads)
        if bias is not None:
            scores = scores + bias
        seen = scores.softmax(-1) @ split(self.value(x))
        x = self.mix_norm(x + self.dropout(self.mix(seen.transpose(1, 2).reshape(batch, length, width))))
        return self.narrow_norm(x + self.dropout(self.narrow(functional.gelu(self.widen(x)))))


class Encoder(nn.Module):
    """`[CLS] text [SEP] prev [SEP]` -> 8 logits and a unit vector of the text.

    The vector is read off every layer, for the upper ones learn to judge and forget what the matter is.
    """

    def __init__(self, vocabulary: int, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.shape = shape
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(POSITIONS, width)
        self.types = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = Dropout(shape.dropout)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.matter = nn.Linear((shape.layers + 1) * width, VECTOR)
        self.hidden = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, 8)

    def embed(self, ids: Tensor, types: Tensor) -> Tensor:
        """The words as the first layer gets them."""
        place = torch.arange(ids.shape[1], device=ids.device)
        return self.norm(self.tokens(ids) + self.positions(place) + self.types(types))

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """ids, types: int64 (batch, length); mask: bool, True at real tokens. -> (batch, 8), (batch, VECTOR)."""
        x = self.dropout(self.embed(ids, types))
        bias = None if mask is None else (~mask)[:, None, None, :].to(x.dtype) * -1e4
        own = (types == 0) if mask is None else (types == 0) & mask
        weight = own.unsqueeze(-1).to(x.dtype)
        weight = weight / weight.sum(1, keepdim=True)
        means = [(x * weight).sum(1)]
        for layer in self.layers:
            x = layer(x, bias)
            means.append((x * weight).sum(1))
        vector = functional.normalize(self.matter(torch.cat(means, dim=-1)), dim=-1)
        seen = torch.cat([x[:, 0], means[-1]], dim=-1)
        return self.head(self.dropout(functional.gelu(self.hidden(seen)))), vector


def load_pretrained(weights: Path, keep: list[int], layers: Sequence[int] = range(6)) -> Encoder:
    """The encoder with the pre-trained MiniLM weights: `keep` are the vocabulary rows kept, in their new order.

    `layers` are those that stay. Raises ValueError where the weights are not MiniLM's.
    """
    state = load_file(str(weights))
    encoder = Encoder(len(keep), Shape(len(layers)))
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
    for index, kept in enumerate(layers):
        for ours, theirs in names.items():
            for part in ("weight", "bias"):
                own[f"layers.{index}.{ours}.{part}"] = state[f"encoder.layer.{kept}.{theirs}.{part}"]
    missing, unexpected = encoder.load_state_dict(own, strict=False)
    if unexpected or any(not name.startswith(NEW) for name in missing):
        raise ValueError(f"{weights.name} does not fit the encoder: {missing} {unexpected}")
    return encoder


def save(encoder: Encoder, path: Path) -> None:
    """Write the weights and the shape they belong to."""
    shape, vocabulary = encoder.shape, encoder.tokens.num_embeddings
    torch.save({"shape": asdict(shape), "vocabulary": vocabulary, "state": encoder.state_dict()}, path)


def load(path: Path) -> Encoder:
    """What `save` wrote."""
    saved = torch.load(path, weights_only=True)
    encoder = Encoder(saved["vocabulary"], Shape(**saved["shape"]))
    encoder.load_state_dict(saved["state"])
    return encoder.eval()
