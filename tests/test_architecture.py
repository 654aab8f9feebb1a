"""Who may import whom, read from the source: the shape that keeps the core pure and the shell thin."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from needs import ROOT, needs
from posix_only import POSIX_CALLS, POSIX_KEYWORDS, POSIX_MODULES

PACKAGE = ROOT / "voiceassist"
MODULES = sorted(PACKAGE.rglob("*.py"))

PURE = {
    *(
        "__future__",
        "abc",
        "bisect",
        "collections",
        "contextlib",
        "copy",
        "dataclasses",
        "difflib",
        "enum",
        "fractions",
    ),
    *("functools", "heapq", "itertools", "math", "numbers", "operator", "re", "statistics", "string", "types"),
    *("typing", "unicodedata"),
    "numpy",
}
# What a room may take from the package; a room that is not named here is held by the rule on the edges below.
MAY_IMPORT = {
    "core": ("core",),
    "audio": ("audio", "core.types", "errors"),
    "engines": ("engines", "core.types", "errors", "assets", "weights"),
    "weights": ("weights", "errors"),
    "store": ("store", "core.types", "server.messages", "errors"),
    "report": ("report", "store.records", "store.lines", "core.types", "server.messages", "assets", "errors"),
    "playbooks": ("playbooks", "core", "assets", "errors"),
    "practice": (
        "practice",
        "core",
        "audio.base",
        "audio.file",
        "engines.base",
        "playbooks",
        "server.messages",
        "assets",
        "errors",
    ),
    "line": ("line", "core", "audio.base", "audio.echo", "driver", "engines.base", "errors"),
    "driver": (
        "driver",
        "core",
        "audio.base",
        "audio.echo",
        "audio.ring",
        "engines.base",
        "errors",
        "metrics",
        "recogniser",
        "turns",
    ),
    "recogniser": ("recogniser", "core.types", "engines.base", "metrics"),
    "bus": ("bus", "errors"),
    "uplink": ("uplink", "server.messages", "server.codec", "errors"),
    "worker": ("worker", "uplink", "server.messages", "server.codec", "errors"),
    "panel": ("panel", "core.session", "server.messages", "server.hub", "metrics", "errors"),
    "accounts": ("accounts", "store", "server.messages", "errors"),
    "floor": (
        "floor",
        "accounts.visitor",
        "bus",
        "store",
        "core.types",
        "server.messages",
        "server.codec",
        "server.client",
        "server.callstate",
        "errors",
    ),
    "sample": ("sample", "core.types", "floor.member", "turns"),
    "journal": ("journal", "core", "privacy", "server.messages", "server.codec", "errors"),
}
# What puts the rooms together, and what looks into each of them: what is missing, how fast it is.
ROOTS = {"app", "serving", "linking", "working", "bench", "check", "cli", "doctor", "__main__"}
HEAVY = ("sounddevice", "faster_whisper", "ctranslate2", "pocketsphinx", "torch", "matplotlib")
# What only POSIX has, used in a file beside its twin for Windows.
TWINNED = {"voiceassist/dumps.py": {"resource"}}
# A folder that only some systems have. A route of the server begins with a slash too, but with none of these names.
POSIX_PATH = re.compile(r"(/(bin|dev|etc|home|lib|opt|proc|root|run|sys|tmp|usr|var)|~)(/|$)")


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Yield the full name of every module that the file imports, also inside functions."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports in full, not relative"
            module = node.module or ""
            # `from voiceassist.core import types` imports voiceassist.core.types
            for alias in node.names:
                below = PACKAGE.parent.joinpath(*module.split("."), alias.name)
                is_module = below.is_dir() or below.with_suffix(".py").is_file()
                yield f"{module}.{alias.name}" if is_module else module


def own(names: Iterator[str]) -> set[str]:
    """Keep the package's own modules, without the package's name."""
    return {name.removeprefix("voiceassist.") for name in names if name.startswith("voiceassist.")}


def room(path: Path) -> str:
    """Name the room: the first folder or file below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == allowed or name.startswith(f"{allowed}.") for allowed in rooms)


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def names_used(path: Path) -> set[str]:
    """Return the dotted names of two parts (`os.fork`) and the plain names that are called (`print`)."""
    tree = parse(path)
    dotted = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    return dotted | called


@pytest.mark.parametrize("path", [m for m in MODULES if room(m) == "core"], ids=label)
def test_core_is_pure(path: Path) -> None:
    foreign = {name.split(".")[0] for name in imports(path)} - PURE - {"voiceassist"}
    assert foreign == set()
    assert not names_used(path) & {"open", "input", "np.random", "np.load", "np.save", "np.fromfile"}


@pytest.mark.parametrize("path", [m for m in MODULES if room(m) in MAY_IMPORT], ids=label)
def test_rooms_import_only_what_they_may(path: Path) -> None:
    allowed = MAY_IMPORT[room(path)]
    assert {name for name in own(imports(path)) if not within(name, allowed)} == set()


@pytest.mark.parametrize("path", [m for m in MODULES if room(m) not in {*ROOTS, *MAY_IMPORT}], ids=label)
def test_only_the_composition_root_knows_everybody(path: Path) -> None:
    """Server, store and the rest know neither the sources of sound nor the engines, nor what puts them together."""
    edges = ("audio", "engines", "driver", *ROOTS)
    assert {name for name in own(imports(path)) if within(name, edges)} == set()


@pytest.mark.parametrize("path", [m for m in MODULES if room(m) not in ROOTS], ids=label)
def test_nobody_imports_the_composition_root(path: Path) -> None:
    assert {name for name in own(imports(path)) if within(name, tuple(ROOTS))} == set()


@pytest.mark.parametrize("path", [m for m in MODULES if room(m) != "cli"], ids=label)
def test_only_the_command_line_prints(path: Path) -> None:
    """`terminal` lays out what the command line then has printed, on a console that it is handed."""
    assert not names_used(path) & {"print", "sys.stdout", "sys.stderr"}
    third = {name.split(".")[0] for name in imports(path)}
    assert not third & ({"typer"} if room(path) == "terminal" else {"typer", "rich"})


@pytest.mark.parametrize("path", [m for m in MODULES if label(m) != "voiceassist/engines/onnx.py"], ids=label)
def test_one_file_imports_the_library_that_must_be_silenced_first(path: Path) -> None:
    assert "onnxruntime" not in {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_no_sleep_and_no_call_that_only_posix_has(path: Path) -> None:
    assert not names_used(path) & {"time.sleep", *POSIX_CALLS}
    assert not {name.split(".")[0] for name in imports(path)} & (POSIX_MODULES - TWINNED.get(label(path), set()))
    keywords = {
        keyword.arg for node in ast.walk(parse(path)) if isinstance(node, ast.Call) for keyword in node.keywords
    }
    assert not keywords & POSIX_KEYWORDS


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_no_path_that_only_posix_has(path: Path) -> None:
    texts = {n.value for n in ast.walk(parse(path)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert [text for text in texts if POSIX_PATH.match(text)] == []


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_a_signal_of_the_loop_has_its_twin(path: Path) -> None:
    """The event loop of Windows takes no signal handlers: it raises NotImplementedError, which must be caught."""
    tree = parse(path)
    uses = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "add_signal_handler"]
    caught = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Try)
        and any("NotImplementedError" in ast.unparse(h.type) for h in node.handlers if h.type is not None)
        for inside in ast.walk(ast.Module(node.body, []))
        if isinstance(inside, ast.Attribute) and inside.attr == "add_signal_handler"
    ]
    assert len(caught) == len(uses)


def test_heavy_back_ends_load_only_when_chosen() -> None:
    """Where PortAudio is missing, `import sounddevice` raises: what needs no microphone must not import it."""
    program = f"import sys, voiceassist.cli, voiceassist.app; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


def test_the_overlay_writes_text_never_markup() -> None:
    sinks = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|srcdoc")
    pages = [p for p in (ROOT / "overlay").rglob("*") if p.suffix in {".js", ".html"} and "tests" not in p.parts]
    assert pages
    assert [label(page) for page in pages if sinks.search(page.read_text("utf-8"))] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    """A path of somebody's machine, or the host that packages came from, has no meaning on another machine."""
    folders = r"work|root|home/\w+|Users/\w+|opt/pypi"
    hosts = "|".join(
        name.replace("*", r"\.") for name in ("pypi*org", "pythonhosted*org", "npmjs*org", "deb*debian*org")
    )
    forbidden = re.compile(rf"(?<![\w.~}}*])/(?:{folders})/|{hosts}".encode())
    command = [needs("git", "git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    files = {ROOT / name for name in listed if name and (ROOT / name).is_file()}
    texts = {path: path.read_bytes() for path in files}
    found = {
        label(p): m.group().decode() for p, text in texts.items() if b"\0" not in text and (m := forbidden.search(text))
    }
    assert found == {}
