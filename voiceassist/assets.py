"""Where the files that come with the program lie: in the installed package, else in the source tree beside it."""

from pathlib import Path

from voiceassist.errors import ModelError, VoiceassistError

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_assets"
_SOURCE_TREE = _PACKAGE.parent


def overlay() -> Path:
    """Return the folder with the overlay's pages and modules. Raises VoiceassistError (`assets-missing`)."""
    folder = _find("overlay", holds="index.html")
    if folder is None:
        raise VoiceassistError("the overlay's files are missing; install voiceassist again", code="assets-missing")
    return folder


def refusal_model() -> Path:
    """Return the folder with the refusal model (`refusal.onnx` and what belongs to it).

    Raises ModelError (`model-missing`).
    """
    folder = _find("models/refusal", holds="refusal.onnx")
    if folder is None:
        raise ModelError("the refusal model is missing; install voiceassist again", code="model-missing")
    return folder


def heldout_lines() -> Path:
    """Return the labelled lines that the refusal model is tested on, and was not trained on: a JSONL file.

    Raises VoiceassistError (`assets-missing`).
    """
    name = "data/heldout.jsonl"
    folder = _find("models/refusal", holds=name)
    if folder is None:
        raise VoiceassistError("the held-out lines are missing; install voiceassist again", code="assets-missing")
    return folder / name


def playbooks() -> Path:
    """Return the folder with the playbooks that come with the program. Raises VoiceassistError (`assets-missing`)."""
    folder = _find("models/playbooks", holds="general.yaml")
    if folder is None:
        raise VoiceassistError("the playbooks are missing; install voiceassist again", code="assets-missing")
    return folder


def practice() -> Path:
    """Return the folder with the calls to practise on, and their clips. Raises VoiceassistError (`assets-missing`)."""
    folder = _find("models/practice", holds="scenarios.yaml")
    if folder is None:
        raise VoiceassistError("the calls to practise on are missing; install voiceassist again", code="assets-missing")
    return folder


def sample_floor() -> Path:
    """Return the file with the simulated agents of a hub and what they say."""
    return _PACKAGE / "demo" / "floor.json"


def demo_call() -> Path:
    """Return the folder with the bundled call: `call.flac` (agent left, customer right) and `call.json`.

    Raises VoiceassistError (`assets-missing`).
    """
    folder = _PACKAGE / "demo"
    if not (folder / "call.flac").is_file():
        raise VoiceassistError("the bundled call is missing; install voiceassist again", code="assets-missing")
    return folder


def phrases() -> Path:
    """Return the folder with the phrases that latency is measured on, and marks.csv.

    Raises VoiceassistError (`assets-missing`).
    """
    folder = _find("benchmarks/phrases", holds="marks.csv")
    if folder is None:
        raise VoiceassistError("the phrases to time are missing; install voiceassist again", code="assets-missing")
    return folder


def _find(name: str, *, holds: str) -> Path | None:
    """Return the first place of `name` that holds the file `holds`: a half installed folder is none."""
    places = (_INSTALLED / name, _SOURCE_TREE / name)
    return next((place for place in places if (place / holds).is_file()), None)
