"""Teaches an encoder that has learned to judge to give, besides, the vector of a text that MiniLM would have given.

One linear map over the means of all its layers, in closed form: nothing that it learned is touched.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.refusal.encoder import Encoder
from models.refusal.learn import collate

TEXTS, BATCH, RIDGE = 20_000, 64, 1.0

log = logging.getLogger("vectors")


@torch.no_grad()
def teach_vectors(encoder: Encoder, minilm: Encoder, tokenizer: Tokenizer, texts: Sequence[str], seed: int) -> None:
    """Set the encoder's map to vectors, in place, by `texts` as MiniLM reads them."""
    chosen = sorted(random.Random(seed).sample(list(texts), min(TEXTS, len(texts))), key=lambda text: (len(text), text))
    means = _read(lambda *inputs: torch.cat(_means(encoder, *inputs), dim=-1), chosen, tokenizer)
    wanted = _read(lambda *inputs: functional.normalize(_means(minilm, *inputs)[-1], dim=-1), chosen, tokenizer)
    given = torch.cat([means, torch.ones(len(means), 1)], dim=-1).double()
    pull = RIDGE * torch.eye(given.shape[1], dtype=torch.float64)
    solved = torch.linalg.solve(given.T @ given + pull, given.T @ wanted.double())
    encoder.matter.weight.copy_(solved[:-1].T)
    encoder.matter.bias.copy_(solved[-1])
    near = functional.cosine_similarity(encoder.matter(means), wanted, dim=-1).mean()
    log.info("vectors of %d texts: mean cosine %.3f with MiniLM's", len(chosen), near)


def _means(encoder: Encoder, ids: Tensor, types: Tensor, mask: Tensor) -> list[Tensor]:
    """The mean over the words after each layer."""
    found: list[Tensor] = []
    weight = mask.unsqueeze(-1) / mask.sum(1)[:, None, None]
    x = encoder.embed(ids, types)
    for layer in (None, *encoder.layers):
        x = x if layer is None else layer(x, (~mask)[:, None, None, :] * -1e4)
        found.append((x * weight).sum(1))
    return found


def _read(means: Callable[[Tensor, Tensor, Tensor], Tensor], texts: Sequence[str], tokenizer: Tokenizer) -> Tensor:
    parts = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    return torch.cat([means(*collate([("", text) for text in part], tokenizer)) for part in parts])
