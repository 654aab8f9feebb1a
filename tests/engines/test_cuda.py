"""A graphics card is used where it works; where it does not, a line says why, and the processor does the work."""

import sys
from pathlib import Path

import pytest
from hub import micro

from voiceassist.engines import cuda as cuda_module
from voiceassist.engines import faster_whisper
from voiceassist.engines.cuda import Cuda, cuda, examine
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.errors import EngineError

WINDOWS = sys.platform == "win32"
CUBLAS = "cublas64_12.dll" if WINDOWS else "libcublas.so.12"
OLD_CUBLAS = "cublas64_11.dll" if WINDOWS else "libcublas.so.11"
CUDNN_PART = "cudnn_ops64_9.dll" if WINDOWS else "libcudnn_ops.so.9"


class Loader:
    """A system's loader that knows all libraries but those whose names hold one of `lacking`."""

    def __init__(self, *lacking: str) -> None:
        self.lacking = lacking
        self.loaded: list[str] = []

    def __call__(self, name: str) -> None:
        if any(part in name for part in self.lacking):
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        self.loaded.append(name)


def look(*lacking: str, count: int = 1, folders: tuple[Path, ...] = (), with_cudnn: bool = False) -> Cuda:
    return examine(lambda: count, load=Loader(*lacking), folders=folders, with_cudnn=with_cudnn)


def test_a_card_with_its_libraries_is_usable():
    assert look() == Cuda(usable=True, reason="1 graphics card", devices=1)
    assert look(count=2, with_cudnn=True) == Cuda(usable=True, reason="2 graphics cards", devices=2)


def test_without_a_card_nothing_is_loaded():
    load = Loader()
    found = examine(lambda: 0, load=load, folders=[], with_cudnn=True)
    assert (found.usable, found.devices, load.loaded) == (False, 0, [])
    assert "no NVIDIA graphics card" in found.reason


def test_a_driver_that_fails_is_a_reason_and_no_crash():
    def count() -> int:
        raise RuntimeError("CUDA failed with error CUDA driver version is insufficient. More words")

    found = examine(count, load=Loader(), folders=[], with_cudnn=False)
    assert found == Cuda(
        usable=False, reason="the graphics driver fails: CUDA failed with error CUDA driver version is insufficient"
    )


@pytest.mark.parametrize(("lacking", "title"), [("cublas", "cuBLAS 12"), ("cudnn", "cuDNN 9"), (CUDNN_PART, "cuDNN 9")])
def test_a_library_that_is_missing_is_named_with_its_remedy(lacking, title):
    found = look(lacking, with_cudnn=True)
    assert not found.usable
    assert title in found.reason
    assert "pip install 'voiceassist[cuda]'" in found.reason
    assert found.devices == 1


def test_cudnn_is_not_asked_for_where_ctranslate2_does_without():
    assert look("cudnn").usable


def test_a_library_of_another_version_is_named(tmp_path):
    (tmp_path / OLD_CUBLAS).touch()
    found = look("cublas", folders=(tmp_path,))
    assert f"here as {OLD_CUBLAS}, but CTranslate2 wants version 12" in found.reason


def test_what_pip_brought_is_loaded_before_what_the_system_has(tmp_path):
    (tmp_path / CUBLAS).touch()
    load = Loader()
    assert examine(lambda: 1, load=load, folders=[tmp_path], with_cudnn=False).usable
    assert load.loaded[-1] == str(tmp_path / CUBLAS)


def test_a_file_that_is_no_library_is_a_reason_and_no_crash(tmp_path):
    for name in (*cuda_module._CUBLAS, *cuda_module._CUDNN):
        (tmp_path / name).write_bytes(b"no library")

    def only_there(name: str) -> object:
        if not Path(name).is_absolute():
            raise OSError(name)
        return cuda_module._load(name)

    found = examine(lambda: 1, load=only_there, folders=[tmp_path], with_cudnn=True)
    assert not found.usable
    assert "cuBLAS 12 cannot be loaded" in found.reason
    assert len(found.reason) < 300


def test_this_machine_is_looked_at_without_a_crash():
    found = cuda()
    assert found.usable or found.reason


def test_without_a_card_auto_is_the_processor_and_says_nothing():
    if cuda().devices:
        pytest.skip("there is a graphics card here")
    engine = FasterWhisperTranscriber(micro(), threads=1)
    engine.warm_up()
    assert engine.notice == ""
    engine.close()


def test_cuda_asked_for_by_name_is_refused_where_it_cannot_be_used():
    if cuda().usable:
        pytest.skip("CUDA works here")
    with pytest.raises(EngineError, match="the device auto or cpu does without") as unusable:
        FasterWhisperTranscriber(micro(), device="cuda").warm_up()
    assert unusable.value.code == "cuda-unusable"


def test_a_card_whose_libraries_are_missing_is_said_and_done_without(monkeypatch):
    monkeypatch.setattr(faster_whisper, "cuda", lambda: look("cublas"))
    engine = FasterWhisperTranscriber(micro(), threads=1)
    engine.warm_up()
    assert "the graphics card is not used: cuBLAS 12" in engine.notice
    engine.close()


def test_a_card_that_fails_at_the_first_run_is_done_without(monkeypatch):
    """What looks usable, and is not: CTranslate2 itself fails then, as it does on this machine without a card."""
    if cuda().usable:
        pytest.skip("CUDA works here")
    monkeypatch.setattr(faster_whisper, "cuda", look)
    engine = FasterWhisperTranscriber(micro(), threads=1)
    engine.warm_up()
    assert "the graphics card failed, Whisper runs on the processor" in engine.notice
    engine.warm_up()
    engine.close()
    named = FasterWhisperTranscriber(micro(), device="cuda", threads=1)
    with pytest.raises(Exception, match="CUDA"):
        named.warm_up()


def test_a_graphics_card_hears():
    if not cuda().usable:
        pytest.skip(f"CUDA cannot be used here: {cuda().reason}")
    engine = FasterWhisperTranscriber(micro(), device="cuda")
    engine.warm_up()
    assert engine.notice == ""
    engine.close()
