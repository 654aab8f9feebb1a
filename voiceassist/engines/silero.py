"""Voice activity by Silero VAD v6, the ONNX model that the faster-whisper wheel carries."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from voiceassist.core.types import FRAME, Samples
from voiceassist.engines.onnx import runtime
from voiceassist.errors import ModelError

_CONTEXT = 64
_STATE = (1, 1, 128)


class SileroVad:
    """Hears speech frame by frame. Each channel has an instance of its own; the model is loaded once a process.

    Raises ModelError (`model-missing`) where the wheel lacks the model.
    """

    def __init__(self) -> None:
        self._session = _session()
        self._input = np.zeros((1, _CONTEXT + FRAME), np.float32)
        self.reset()

    def probability(self, samples: Samples) -> float:
        """The probability in [0, 1] that the next `FRAME` samples (float32, 16 kHz) hold speech."""
        self._input[0, :_CONTEXT] = self._input[0, -_CONTEXT:]
        self._input[0, _CONTEXT:] = samples
        output, self._h, self._c = self._session.run(None, {"input": self._input, "h": self._h, "c": self._c})
        return float(output.item())

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._input[:] = 0
        self._h = np.zeros(_STATE, np.float32)
        self._c = np.zeros(_STATE, np.float32)


def probabilities(samples: Samples) -> Samples:
    """The probability of speech in each frame of a whole sound, the last one filled up: a third of the time by frames.

    Raises ModelError (`model-missing`).
    """
    frames = np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)
    if not len(frames):
        return np.zeros(0, np.float32)
    context = np.concatenate([np.zeros((1, _CONTEXT), np.float32), frames[:-1, -_CONTEXT:]])
    state = np.zeros(_STATE, np.float32)
    feed = {"input": np.concatenate([context, frames], axis=1), "h": state, "c": state}
    return _session().run(None, feed)[0].reshape(-1)


@lru_cache(maxsize=1)
def _session() -> Any:
    # find_spec finds the wheel's folder without the second that importing it would take.
    spec = find_spec("faster_whisper")
    folders = (spec.submodule_search_locations or []) if spec else []
    path = next((file for folder in folders if (file := Path(folder, "assets", "silero_vad_v6.onnx")).is_file()), None)
    if path is None:
        raise ModelError(
            "the voice activity model silero_vad_v6.onnx is missing: pip install --force-reinstall faster-whisper",
            code="model-missing",
        )
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
