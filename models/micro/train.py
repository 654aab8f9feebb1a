"""Trains the micro model: `python -m models.micro.train --minutes 60 --out FOLDER`; called again, it goes on."""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from models.micro import texts, tokens
from models.micro.examples import FRAME, IGNORED, WORDS, Batch, Batches
from models.micro.network import Heard, Network, Shape
from models.micro.recordings import record, recordings
from models.micro.tokens import Vocabulary
from models.micro.voices import PHONES

_RATE = 1.4e-3
_WARM_UP = 200
_REPORT, _SAVE = 50, 200
"""Steps between lines of the log, and between checkpoints."""


@dataclass(slots=True)
class Progress:
    """How far a training is: steps, and seconds spent on them."""

    step: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Loss:
    """The parts of a batch's loss, and the share of phones, words and tokens that were right."""

    phones: Tensor
    words: Tensor
    tokens: Tensor
    guide: Tensor
    right: tuple[float, float, float]


def main() -> None:
    """Record what is to be learned, and train on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=12_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    record(arguments.out / "recordings", arguments.texts, workers=arguments.threads)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    train(arguments.out, arguments.minutes, arguments.texts)


def train(folder: Path, minutes: float, count: int) -> None:
    """Train on the recordings in `folder` for `minutes` altogether, and keep `checkpoint.pt` there."""
    vocabulary = _vocabulary(folder / "tokenizer.json", count)
    network = Network(Shape(vocabulary.size, len(PHONES), len(WORDS)), torch.tensor(vocabulary.same()))
    optimizer = _optimizer(network)
    progress = _resume(folder / "checkpoint.pt", network, optimizer)
    batches = Batches(recordings(folder / "recordings"), vocabulary, seed=progress.step, every=18)
    print(f"{sum(part.numel() for part in network.parameters()) / 1e6:.2f} M parameters", flush=True)
    seen: list[tuple[float, ...]] = []
    last = time.monotonic()
    for batch in DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=4):
        done = progress.seconds / (60 * minutes)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = _RATE * _schedule(progress.step, done)
        loss = _loss(network, batch)
        # First the encoder learns what sounds, and the decoder where to listen; then the words alone count more.
        phones, words, guide = (1.0, 0.5, 0.3) if done < 0.5 else (0.4, 0.4, 0.1)
        total = loss.tokens + phones * loss.phones + words * loss.words + guide * loss.guide
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        now = time.monotonic()
        progress.step, progress.seconds, last = progress.step + 1, progress.seconds + now - last, now
        seen.append((loss.phones.item(), loss.words.item(), loss.tokens.item(), loss.guide.item(), *loss.right))
        if progress.step % _REPORT == 0:
            _report(progress, seen)
            seen.clear()
        if progress.step % _SAVE == 0:
            _save(folder / "checkpoint.pt", network, optimizer, progress)
    _save(folder / "checkpoint.pt", network, optimizer, progress)


def _loss(network: Network, batch: Batch) -> Loss:
    with torch.autocast("cpu", torch.bfloat16):
        heard = network(batch.mel, batch.given)
    phones, words, said = (logits.flatten(0, 1).float() for logits in (heard.phones, heard.words, heard.tokens))
    return Loss(
        functional.cross_entropy(phones, batch.phones.flatten(), ignore_index=IGNORED),
        functional.cross_entropy(words, batch.words.flatten(), ignore_index=IGNORED),
        functional.cross_entropy(said, batch.wanted.flatten(), ignore_index=IGNORED, label_smoothing=0.02),
        _guide(heard, batch),
        (
            _right(phones, batch.phones, batch.phones > 0),
            _right(words, batch.words, batch.words > 0),
            _right(said, batch.wanted, batch.wanted != IGNORED),
        ),
    )


def _guide(heard: Heard, batch: Batch) -> Tensor:
    """How much of the attention misses the words: the first layer looks at the word last said, the last at the next."""
    first, last = heard.attention[0][:, :2].mean(1), heard.attention[-1].mean(1)
    return _miss(last, batch.attended) + 0.5 * _miss(first, batch.said)


def _miss(attention: Tensor, spans: Tensor) -> Tensor:
    middle = (torch.arange(attention.shape[-1]) + 0.5) * FRAME
    inside = (middle >= spans[..., :1] - 0.06) & (middle <= spans[..., 1:] + 0.06)
    known = spans[..., 1] >= 0
    mass = (attention.float() * inside).sum(-1)[known]
    return -(mass + 1e-4).log().mean() if len(mass) else attention.new_zeros(())


def _right(logits: Tensor, wanted: Tensor, counted: Tensor) -> float:
    counted = counted.flatten()
    hits = logits[counted].argmax(-1) == wanted.flatten()[counted]
    return (hits.sum() / max(1, len(hits))).item()


def _schedule(step: int, done: float) -> float:
    """The share of the learning rate: up, level for a quarter of the time, then down by a cosine."""
    falling = 0.5 * (1 + math.cos(math.pi * (done - 0.25) / 0.75)) if done > 0.25 else 1.0
    return min(1.0, (step + 1) / _WARM_UP) * (0.01 + 0.99 * falling)


def _optimizer(network: Network) -> torch.optim.AdamW:
    matrices = [part for part in network.parameters() if part.ndim >= 2]
    others = [part for part in network.parameters() if part.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=_RATE, betas=(0.9, 0.98), fused=True)


def _vocabulary(path: Path, count: int) -> Vocabulary:
    if not path.exists():
        tokens.learn([*texts.corpus(count), *texts.demo()]).save(str(path))
    return Vocabulary.load(path)


def _resume(path: Path, network: Network, optimizer: torch.optim.Optimizer) -> Progress:
    if not path.exists():
        return Progress()
    saved = torch.load(path, weights_only=True)
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    return Progress(**saved["progress"])


def _save(path: Path, network: Network, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    state = {
        "shape": asdict(network.shape),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "progress": asdict(progress),
    }
    new = path.with_suffix(".new")
    torch.save(state, new)
    new.replace(path)


def _report(progress: Progress, seen: list[tuple[float, ...]]) -> None:
    phones, words, said, guide, *right = (sum(part) / len(seen) for part in zip(*seen, strict=True))
    print(
        f"{progress.step} {progress.seconds / 60:.1f} min | loss: phones {phones:.3f} words {words:.3f} "
        f"tokens {said:.3f} guide {guide:.3f} | right: phones {right[0]:.3f} words {right[1]:.3f} "
        f"tokens {right[2]:.3f} | {progress.seconds / progress.step:.2f} s a step",
        flush=True,
    )


if __name__ == "__main__":
    main()
