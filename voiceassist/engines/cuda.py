"""Whether Whisper can compute on a graphics card here: a card, its driver, and the libraries that CTranslate2 loads."""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

Device = Literal["auto", "cpu", "cuda"]
"""Where Whisper computes; `auto`: on a graphics card where that works, else on the processor."""

Load = Callable[[str], object]
"""Loads a shared library by name or path; raises OSError where it cannot."""

_WINDOWS = sys.platform == "win32"
_CUBLAS = ("cublasLt64_12.dll", "cublas64_12.dll") if _WINDOWS else ("libcublasLt.so.12", "libcublas.so.12")
_CUDNN = (
    ("cudnn64_9.dll", "cudnn_ops64_9.dll", "cudnn_graph64_9.dll", "cudnn_cnn64_9.dll")
    if _WINDOWS
    else ("libcudnn.so.9", "libcudnn_ops.so.9", "libcudnn_graph.so.9", "libcudnn_cnn.so.9")
)
_OF_ANY_VERSION = {
    "cuBLAS": "cublas64_*.dll" if _WINDOWS else "libcublas.so.*",
    "cuDNN": "cudnn64_*.dll" if _WINDOWS else "libcudnn.so.*",
}
_REMEDY = "pip install 'voiceassist[cuda]' brings it"


@dataclass(frozen=True, slots=True)
class Cuda:
    """Whether a graphics card can be used, on how many `devices`, and one line that says why or why not."""

    usable: bool
    reason: str
    devices: int = 0


@cache
def cuda() -> Cuda:
    """What there is on this machine. The libraries that were found stay loaded, so that CTranslate2 finds them."""
    if find_spec("ctranslate2") is None:
        return Cuda(usable=False, reason="CTranslate2 is not installed")
    count: Callable[[], int] = import_module("ctranslate2").get_cuda_device_count
    return examine(count, load=_load, folders=library_folders(), with_cudnn=_wants_cudnn())


def examine(count: Callable[[], int], *, load: Load, folders: Sequence[Path], with_cudnn: bool) -> Cuda:
    """Judge by `count` of the devices, and by whether `load` can load each library, by name or out of `folders`.

    `with_cudnn`: whether the installed CTranslate2 needs cuDNN 9 beside cuBLAS 12.
    """
    try:
        devices = count()
    except (RuntimeError, OSError) as error:
        return Cuda(usable=False, reason=f"the graphics driver fails: {str(error).partition('. ')[0]}")
    if devices < 1:
        return Cuda(usable=False, reason="no NVIDIA graphics card with a working driver is here")
    for title, names in (("cuBLAS", _CUBLAS), *([("cuDNN", _CUDNN)] if with_cudnn else [])):
        for name in names:
            fault = _fault(name, load, folders)
            if fault is not None:
                return Cuda(usable=False, reason=_missing(title, name, fault, folders), devices=devices)
    return Cuda(usable=True, reason=f"{devices} graphics card{'s' if devices > 1 else ''}", devices=devices)


def library_folders() -> list[Path]:
    """Where pip puts NVIDIA's libraries."""
    roots = {Path(sysconfig.get_path(name)) for name in ("platlib", "purelib")}
    return [
        folder for root in sorted(roots) for folder in sorted(root.glob("nvidia/*/bin" if _WINDOWS else "nvidia/*/lib"))
    ]


def _fault(name: str, load: Load, folders: Sequence[Path]) -> OSError | None:
    """Why the library cannot be loaded; None where it could."""
    # What pip brought fits the other packages; what lies elsewhere on the system may be of any age.
    fault: OSError | None = None
    for place in (*(str(folder / name) for folder in folders if (folder / name).is_file()), name):
        try:
            load(place)
        except OSError as error:
            fault = fault or error
        else:
            return None
    return fault


def _missing(title: str, name: str, fault: OSError, folders: Iterable[Path]) -> str:
    version = "12" if title == "cuBLAS" else "9"
    there = [path for folder in folders for path in folder.glob(name)]
    if there:
        return f"{title} {version} cannot be loaded ({str(fault)[:120]}): {_REMEDY.replace('brings', 'mends')}"
    others = sorted(path.name for folder in folders for path in folder.glob(_OF_ANY_VERSION[title]))
    if others:
        return f"{title} is here as {others[0]}, but CTranslate2 wants version {version} ({name}): {_REMEDY}"
    return f"{title} {version} ({name}) is not installed: {_REMEDY}"


def _wants_cudnn() -> bool:
    """Whether the installed CTranslate2 is one that loads cuDNN: its wheel then carries the first of its libraries."""
    package = find_spec("ctranslate2")
    home = Path(package.origin).parent if package and package.origin else Path()
    return any(home.glob("cudnn*.dll")) or any(home.parent.glob("ctranslate2.libs/libcudnn*"))


def _load(name: str) -> object:
    if sys.platform == "win32" and Path(name).is_absolute():
        # Libraries that this one loads later, by name alone, are found in its folder.
        os.add_dll_directory(str(Path(name).parent))
    return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
