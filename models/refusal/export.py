"""Writes what the runtime loads: `python -m models.refusal.export [--build FOLDER] [--out FOLDER]`.

The trained ear as an int8 ONNX graph, its tokenizer, and refusal.json: calibration, thresholds, digests of both files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shutil
import tempfile
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer

from models.refusal.calibrate import Logits, calibrate
from models.refusal.encoder import Encoder, load
from models.refusal.rows import Row
from models.refusal.splits import read_corpus
from models.refusal.train import BUILD, EAR
from voiceassist.engines.refusal import CARD, MODEL, TOKENIZER, encode, tidy

HERE = Path(__file__).parent
VERSION = "2"

log = logging.getLogger("export")


def export(encoder: Encoder, tokenizer: Path, dev: list[Row], out: Path) -> None:
    """Write the three files of an ear to the folder `out`, calibrated as quantised, on the rows `dev`."""
    out.mkdir(parents=True, exist_ok=True)
    if tokenizer != out / TOKENIZER:
        shutil.copyfile(tokenizer, out / TOKENIZER)
    write_graph(encoder, out / MODEL)
    write_card(out, VERSION, calibrate(graph_logits(out), dev))


def write_graph(encoder: Encoder, path: Path) -> None:
    """The encoder as an int8 ONNX graph: `ids`, `types` int64 (1, n) -> `logits` (1, 8), `vector` (1, width)."""
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


def graph_logits(folder: Path) -> Logits:
    """How the graph in `folder` judges (prev, text)."""
    session = onnxruntime.InferenceSession(str(folder / MODEL), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))

    def logits(prev: str, text: str):  # noqa: ANN202 - the runtime has no types
        ids, types = encode(tokenizer, tidy(prev), tidy(text))
        return session.run(["logits"], {"ids": ids, "types": types})[0][0]

    return logits


def write_card(folder: Path, version: str, calibration: dict[str, dict[str, float]]) -> None:
    """refusal.json: labels in order, calibration and threshold of each, and the digests of the other files."""
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (MODEL, TOKENIZER)}
    card = {"version": version, "labels": list(calibration), "calibration": calibration, "sha256": digests}
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")


def main() -> None:
    """Exports what `train` made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=BUILD, help="the folder that train wrote")
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    export(load(args.build / EAR), args.build / TOKENIZER, read_corpus().dev, args.out)
    size = sum((args.out / name).stat().st_size for name in (MODEL, TOKENIZER, CARD))
    log.info("%.1f MB in %s", size / 1e6, args.out)


if __name__ == "__main__":
    main()
