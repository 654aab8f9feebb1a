"""Makes an encoder narrower before it learns: its feed-forward blocks keep the units that do most on our lines."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from models.refusal.encoder import Encoder
from models.refusal.learn import Pair, collate

BATCH = 50

log = logging.getLogger("narrow")


@torch.no_grad()
def narrowed(encoder: Encoder, inner: int, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> Encoder:
    """A copy whose feed-forward blocks have `inner` units.

    A unit does as much as it moves the block's output over `pairs`: its mean activation times the length of what it
    adds.
    """
    encoder.eval()
    active = [torch.zeros(encoder.shape.inner) for _ in encoder.layers]
    hooks = [
        layer.narrow.register_forward_pre_hook(partial(_note, own))
        for layer, own in zip(encoder.layers, active, strict=True)
    ]
    for start in range(0, len(pairs), BATCH):
        encoder(*collate(pairs[start : start + BATCH], tokenizer))
    for hook in hooks:
        hook.remove()
    state, kept = encoder.state_dict(), list[float]()
    for index, (layer, own) in enumerate(zip(encoder.layers, active, strict=True)):
        moves = own * layer.narrow.weight.norm(dim=0)
        best = moves.topk(inner).indices.sort().values
        kept.append(float(moves[best].sum() / moves.sum()))
        for name, along in (("widen.weight", 0), ("widen.bias", 0), ("narrow.weight", 1)):
            key = f"layers.{index}.{name}"
            state[key] = state[key].index_select(along, best)
    log.info("%d of %d units keep %.0f to %.0f %%", inner, encoder.shape.inner, 100 * min(kept), 100 * max(kept))
    small = Encoder(encoder.tokens.num_embeddings, replace(encoder.shape, inner=inner))
    small.load_state_dict(state)
    return small


def _note(active: Tensor, _: nn.Module, seen: tuple[Tensor]) -> None:
    active += seen[0].abs().sum((0, 1))
