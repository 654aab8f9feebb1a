"""The machine that a figure was taken on."""

from __future__ import annotations

import os
import platform


def describe() -> dict[str, str | int | float | None]:
    """The system, Python, cores, and how busy the machine is (one-minute load, None where it is not told)."""
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
