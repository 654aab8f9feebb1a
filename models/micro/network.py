"""Whisper's network in small, with two heads more for training: which phone and which word sounds in each frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

FRAMES = 1500
"""Encoder frames, of 20 ms, in Whisper's window of 30 s."""
POSITIONS = 448
MELS = 80


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a network; `phones` and `words` are the classes of the heads that only training uses."""

    vocabulary: int
    phones: int
    words: int
    width: int = 192
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """What the network makes of a batch: logits of tokens, phones and words, and each decoder layer's attention.

    `attention[layer]` is (batch, heads, tokens, frames).
    """

    tokens: Tensor
    phones: Tensor
    words: Tensor
    attention: list[Tensor]


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int, *, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (_split(part, self.heads) for part in self.qkv(x).chunk(3, -1))
        return self.out(_join(_attend(q, k, causal=self.causal) @ v))


class CrossAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """The attended values, and the weights: training guides them to the words' times."""
        q = _split(self.q(x), self.heads)
        k, v = (_split(part, self.heads) for part in self.kv(encoded).chunk(2, -1))
        weights = _attend(q, k)
        return self.out(_join(weights @ v)), weights


class FeedForward(nn.Sequential):
    def __init__(self, width: int) -> None:
        super().__init__(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


class EncoderLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(width), SelfAttention(width, heads, causal=False)
        self.forward_norm, self.feed_forward = nn.LayerNorm(width), FeedForward(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed_forward(self.forward_norm(x))


class DecoderLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(width), SelfAttention(width, heads, causal=True)
        self.cross_norm, self.cross_attention = nn.LayerNorm(width), CrossAttention(width, heads)
        self.forward_norm, self.feed_forward = nn.LayerNorm(width), FeedForward(width)

    def forward(self, x: Tensor, encoded: Tensor) -> tuple[Tensor, Tensor]:
        x = x + self.self_attention(self.self_norm(x))
        attended, weights = self.cross_attention(self.cross_norm(x), encoded)
        x = x + attended
        return x + self.feed_forward(self.forward_norm(x)), weights


class Encoder(nn.Module):
    positions: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, shape.width, 3, padding=1)
        self.conv2 = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
        self.register_buffer("positions", _sinusoids(FRAMES, shape.width), persistent=False)
        self.layers = nn.ModuleList(EncoderLayer(shape.width, shape.heads) for _ in range(shape.encoder_layers))
        self.norm = nn.LayerNorm(shape.width)
        for depth, layer in enumerate(self.layers):
            _attend_nearby(layer.attention, depth)

    def forward(self, mel: Tensor) -> Tensor:
        """(batch, mels, 2 * frames) to (batch, frames, width)."""
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + self.positions[: x.shape[1]].to(x.dtype)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Decoder(nn.Module):
    same: Tensor

    def __init__(self, shape: Shape, same: Tensor) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.03)
        self.shared = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.05)
        self.register_buffer("same", same)
        self.positions = nn.Parameter(torch.randn(POSITIONS, shape.width) * 0.05)
        self.layers = nn.ModuleList(DecoderLayer(shape.width, shape.heads) for _ in range(shape.decoder_layers))
        self.norm = nn.LayerNorm(shape.width)

    def embeddings(self) -> Tensor:
        """A word with a capital and without share a part, so that what one learns the other knows."""
        return self.own + self.shared[self.same]

    def forward(self, tokens: Tensor, encoded: Tensor) -> tuple[Tensor, list[Tensor]]:
        embeddings = self.embeddings()
        x = functional.embedding(tokens, embeddings) + self.positions[: tokens.shape[1]]
        attention: list[Tensor] = []
        for layer in self.layers:
            x, weights = layer(x, encoded)
            attention.append(weights)
        return functional.linear(self.norm(x), embeddings), attention


class Network(nn.Module):
    """`same` holds for each token the one that it shares an embedding with, (vocabulary,)."""

    def __init__(self, shape: Shape, same: Tensor) -> None:
        super().__init__()
        self.shape = shape
        self.encoder, self.decoder = Encoder(shape), Decoder(shape, same)
        self.phones = nn.Linear(shape.width, shape.phones)
        self.words = nn.Linear(shape.width, shape.words)

    def forward(self, mel: Tensor, tokens: Tensor) -> Heard:
        encoded = self.encoder(mel)
        logits, attention = self.decoder(tokens, encoded)
        return Heard(logits, self.phones(encoded), self.words(encoded), attention)


def _split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def _join(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)


def _attend(queries: Tensor, keys: Tensor, *, causal: bool = False) -> Tensor:
    # Written out because on a CPU the backward pass of torch's fused attention takes half of a training step.
    scores = (queries * queries.shape[-1] ** -0.5) @ keys.transpose(-1, -2)
    if causal:
        scores = scores + torch.full(scores.shape[-2:], -torch.inf, dtype=scores.dtype).triu(1)
    return scores.softmax(-1)


def _rates(width: int) -> Tensor:
    return torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))


def _sinusoids(length: int, width: int) -> Tensor:
    angles = torch.arange(length)[:, None] * _rates(width)
    return torch.cat([angles.sin(), angles.cos()], 1)


@torch.no_grad()
def _attend_nearby(attention: SelfAttention, depth: int) -> None:
    """Let each head begin by looking at frames a few steps away, found by the sinusoids: it saves much training.

    The product of query and key is a sum of cos(rate * (distance - offset)), largest at the head's offset.
    """
    width = attention.out.in_features
    size = width // attention.heads
    half, pairs = width // 2, size // 2
    rates = _rates(width)
    queries, keys = torch.randn(2, width, width) * 0.02
    for head in range(attention.heads):
        wide = head == 3
        offset = (-3, 3, 0, 0)[head] * (1 + depth / 2)
        chosen = torch.linspace(*((0.1, 0.5) if wide else (0.0, 0.4)), pairs).mul(half).long()
        for row, rate in enumerate(chosen.tolist(), head * size):
            turn, gain = rates[rate] * offset, 1.4
            keys[row, rate] += gain
            keys[row + pairs, rate + half] += gain
            queries[row, rate] += gain * turn.cos()
            queries[row, rate + half] += gain * turn.sin()
            queries[row + pairs, rate + half] += gain * turn.cos()
            queries[row + pairs, rate] -= gain * turn.sin()
    attention.qkv.weight[: 2 * width] = torch.cat([queries, keys])
    attention.qkv.bias[: 2 * width] = 0
