"""`models list`, `pull` and `verify` from the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hub import REPOSITORY, serving
from needs import ROOT


@pytest.fixture
def models(tmp_path):
    """Runs `voiceassist models` with an empty model cache."""
    foreign = {"HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"}
    environ = {name: value for name, value in os.environ.items() if name not in foreign}
    environ["HF_HUB_CACHE"] = str(tmp_path / "hub")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "voiceassist", "models", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ, check=False)

    return run


def test_a_model_is_pulled_verified_and_mended(models):
    with serving() as hub:
        pulled = models("pull", REPOSITORY, "--endpoint", hub.address)
        assert (pulled.returncode, pulled.stderr) == (0, f"{REPOSITORY} is whole and checked\n")
        folder = Path(pulled.stdout.strip())
        whole = [json.loads(line) for line in models("verify", str(folder), "--json").stdout.splitlines()]
        assert {row["state"] for row in whole} == {"whole"}
        (folder / "model.bin").write_bytes(hub.files["model.bin"][:-1] + b"?")
        altered = models("verify", str(folder))
        assert altered.returncode == 2
        assert "altered" in altered.stdout
        assert altered.stderr.startswith("voiceassist: error[model-damaged]: ")
        assert models("pull", REPOSITORY, "--endpoint", hub.address).returncode == 0
        assert models("verify", str(folder)).returncode == 0
        again = models("pull", REPOSITORY, "--endpoint", hub.address)
        assert "nothing had to be fetched" in again.stderr


def test_the_list_tells_sizes_licences_and_what_is_here(models):
    rows = [json.loads(line) for line in models("list", "--json").stdout.splitlines()]
    assert {"tiny.en", "base.en", "small.en", "large-v3", "large-v3-turbo", "distil-large-v3"} <= {
        r["name"] for r in rows
    }
    assert {row["presence"] for row in rows} == {"absent"}
    assert all(row["licence"] and row["megabytes"] > 50 for row in rows)
    assert "base.en" in models("list").stdout


def test_a_model_that_was_half_pulled_is_nowhere_yet(models, tmp_path):
    half = tmp_path / "hub" / "models--Systran--faster-whisper-base" / "incoming" / "abc"
    half.mkdir(parents=True)
    (half / "model.bin").write_bytes(b"half")
    listed = models("list")
    assert "part" in listed.stdout
    assert listed.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("pull", "no such"), "model-missing"),
        (("pull", "tiny.en", "--endpoint", "http://127.0.0.1:9"), "pull-offline"),
        (("pull",), "usage"),
        (("verify", "tiny.en"), "model-missing"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(models, arguments, code):
    done = models(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"voiceassist: error[{code}]: ")
    assert done.stderr.count("\n") == 1
