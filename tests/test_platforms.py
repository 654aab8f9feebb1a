"""Windows and macOS: every module loads where the platform says it is one of them, and the wheel is for all."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from needs import ROOT
from posix_only import POSIX_CALLS, POSIX_MODULES

PACKAGE = ROOT / "voiceassist"
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py"
)
# Other libraries and the standard library are loaded first, for this machine: they have their own tests elsewhere.
PROGRAM = """
import importlib, json, os, pathlib, platform, sys

target, system, name, modules, absent, calls = json.loads(sys.argv[1])
for module in modules:
    importlib.import_module(module)
for module in [module for module in sys.modules if module.partition(".")[0] == "voiceassist"]:
    del sys.modules[module]
sys.platform, os.name, platform.system = target, name, lambda: system
sys.modules[pathlib.Path.__module__].WindowsPath = pathlib.PosixPath  # the files stay where they are
for module in absent:
    sys.modules[module] = None
for call in calls:
    module, _, attribute = call.partition(".")
    if module in sys.modules and hasattr(sys.modules[module], attribute):
        delattr(sys.modules[module], attribute)
for module in modules:
    importlib.import_module(module)
print(len([module for module in sys.modules if module.partition(".")[0] == "voiceassist"]))
"""


@pytest.mark.parametrize(("target", "system", "name"), [("win32", "Windows", "nt"), ("darwin", "Darwin", "posix")])
def test_every_module_loads_on(target: str, system: str, name: str) -> None:
    windows = target == "win32"
    absent = sorted(POSIX_MODULES) if windows else []
    # What the standard library itself calls while a module is loaded must stay.
    calls = sorted(POSIX_CALLS - {"os.kill", "os.waitpid"}) if windows else ["select.epoll", "os.sched_getaffinity"]
    question = json.dumps([target, system, name, MODULES, absent, calls])
    run = subprocess.run([sys.executable, "-c", PROGRAM, question], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) == len(MODULES)


def test_the_wheel_is_for_every_platform(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (info,) = [name for name in names if name.endswith(".dist-info/WHEEL")]
        assert Parser().parsestr(archive.read(info).decode())["Root-Is-Purelib"] == "true"
    compiled = (".so", ".pyd", ".dll", ".dylib", ".exe")
    assert [name for name in names if name.endswith(compiled)] == []
    # Windows and macOS do not tell these apart, and Windows knows no such names.
    assert len({name.lower() for name in names}) == len(names)
    reserved = {"aux", "con", "nul", "prn"}
    assert [name for name in names if set(':<>"|?*\\') & set(name) or Path(name).stem.lower() in reserved] == []


@pytest.mark.timeout(600)
def test_the_installed_command_needs_nothing_from_outside_its_environment(
    installed: Path, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    """As pipx leaves it: one environment for this program, and one link to its command in another folder."""
    folder = installed.parent.parent
    assert "include-system-site-packages = false" in (folder / "pyvenv.cfg").read_text("utf-8")
    program = "import sys, voiceassist; print(voiceassist.__file__); print(sys.prefix)"
    python = installed.with_name("python")
    run = subprocess.run(
        [python, "-I", "-c", program], cwd=tmp_path, env=clean_environment, capture_output=True, text=True, check=True
    )
    where, prefix = run.stdout.splitlines()
    assert Path(prefix).resolve() == folder.resolve()
    assert folder.resolve() in Path(where).resolve().parents
    command = tmp_path / "voiceassist"
    command.symlink_to(installed)
    bare = {name: value for name, value in clean_environment.items() if name != "PATH"}
    help_ = subprocess.run([command, "--help"], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert help_.returncode == 0, help_.stderr
