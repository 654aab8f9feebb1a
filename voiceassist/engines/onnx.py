"""The ONNX runtime, silenced: its official builds report sessions, models and errors to their maker unless told not to.

From 1.29 on it uploads from Linux and macOS and keeps an id of the machine in the user's cache folder, too. Every
import of it in this package is this one.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, when the library starts: not on Windows, hence the call below

import onnxruntime  # pyright: ignore[reportMissingTypeStubs]

runtime: Any = onnxruntime
"""The library, whose wheel comes without types."""

runtime.disable_telemetry_events()
