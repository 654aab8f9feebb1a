"""The wheel that users install: what is in it, and that it runs where no source tree is beside it."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from needs import ROOT

import voiceassist

ASSETS = "voiceassist/_assets/"
HELDOUT = "models/refusal/data/heldout.jsonl"


def test_wheel_carries_what_the_program_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        "voiceassist/py.typed",
        "voiceassist/demo/call.flac",
        "voiceassist/demo/call.json",
        ASSETS + "overlay/index.html",
        *(ASSETS + f"models/refusal/{name}" for name in ("refusal.onnx", "tokenizer.json", "refusal.json", "card.md")),
        ASSETS + HELDOUT,
        *(ASSETS + f"models/playbooks/{name}.yaml" for name in ("general", "retail", "telecom", "travel")),
    }
    assert wanted <= names, wanted - names
    scripts = {name for name in names if name.startswith(ASSETS + "overlay/js/")}
    assert {name.rsplit("/", 1)[-1] for name in scripts} == {
        path.name for path in (ROOT / "overlay" / "js").rglob("*.js")
    }
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_carries_nothing_else(wheel: Path) -> None:
    foreign = re.compile(
        r"(^|/)(tests?|data|node_modules)/|\.test\.js$|jsconfig|^(?!voiceassist[/-])|\.pyc$|train\.py$"
    )
    assert [name for name in zipfile.ZipFile(wheel).namelist() if foreign.search(name)] == [ASSETS + HELDOUT]


@pytest.mark.timeout(600)
def test_installed_command_tells_its_version(
    installed: Path, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    run = subprocess.run(
        [installed, "--version"], cwd=tmp_path, env=clean_environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert voiceassist.__version__ in run.stdout


@pytest.mark.timeout(600)
def test_installed_command_measures_on_the_bundled_lines(
    installed: Path, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        command = [installed, "bench", "quality", *args]
        return subprocess.run(command, cwd=tmp_path, env=clean_environment, capture_output=True, text=True, check=False)

    measured = run("--json", "quality.json")
    assert measured.returncode == 0, measured.stderr
    assert json.loads((tmp_path / "quality.json").read_text("utf-8"))["files"] == ["heldout.jsonl"]
    undrawn = run("--pictures", "pictures")
    assert undrawn.returncode == 2
    assert undrawn.stderr.startswith("voiceassist: error[matplotlib-missing]: ")
    assert "pip install 'voiceassist[bench]'" in undrawn.stderr
    assert undrawn.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["run.txt", "test.txt", "build.txt"])
def test_requirements_are_pinned_with_hashes(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(entries) > 3
    for entry in entries:
        assert re.match(r"[a-z0-9._\[\]-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_requirements_agree_with_each_other() -> None:
    """What is tested is what is run: a package in two files has the same versions in both."""

    def pins(name: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for package, version in re.findall(r"(?m)^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text()):
            found.setdefault(package, set()).add(version)
        return found

    run, test, build = pins("run.txt"), pins("test.txt"), pins("build.txt")
    assert {name: test.get(name) for name in run} == run
    assert {name: test.get(name) for name in build} == build


def test_the_bill_of_materials_names_every_pinned_package(tmp_path: Path) -> None:
    bill = tmp_path / "bill.json"
    command = ["-m", "cyclonedx_py", "requirements", "--of", "JSON", "-o", str(bill), "requirements/run.txt"]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    named = {(part["name"], part["version"]) for part in json.loads(bill.read_text("utf-8"))["components"]}
    pins = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==([\w.]+)", pins, re.MULTILINE))
    assert len(pinned) > 40
    assert named == pinned
