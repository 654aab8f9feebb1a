"""The first command on a bare machine: a minimal Debian with Python 3.11 and make, and nothing else."""

import os
import subprocess
from pathlib import Path

import pytest
from needs import ROOT, needs

# It runs in a mount and a process namespace of its own: its mounts and any process left behind end with it.
# The root lies in memory: nothing of it is left on the disk, and unpacking does not wait for it.
INSIDE = r"""
set -eu
mount -t tmpfs -o size=4g tmpfs "$BARE"
debootstrap --variant=minbase --include=python3.11,make,ca-certificates bookworm "$BARE"
mkdir "$BARE/project"
tar -xf "$LOGS/project.tar" -C "$BARE/project"
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/apt/apt.conf /etc/ssl/certs/ca-certificates.crt; do
    [ ! -f "$file" ] || cp -L "$file" "$BARE$file"
done
mount -t proc proc "$BARE/proc"
mount --rbind /dev "$BARE/dev"
for turn in first second; do
    chroot "$BARE" make -C /project demo ARGS=--headless >"$LOGS/$turn" 2>&1 </dev/null
    sleep 1 # what ends together with the demo may need a moment
    for process in "$BARE"/proc/[0-9]*; do
        read -r status <"$process/stat"
        case $status in *") Z "*) ;; *) echo "$status" ;; esac # the dead wait for this shell, which does not care
    done >"$LOGS/$turn.processes"
done
"""
NAMESPACES = ("--mount", "--pid", "--fork", "--kill-child")


@pytest.fixture
def unshare(tmp_path: Path) -> str:
    """The program that opens namespaces; skips where the machine does not let us open them."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("a bare root needs root")
    program = needs("unshare", "util-linux")
    trial = tmp_path / "trial"
    trial.mkdir()
    command = [program, *NAMESPACES, needs("mount", "mount"), "-t", "tmpfs", "tmpfs", str(trial)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount")
    return program


def environment(**more: str) -> dict[str, str]:
    """What a new machine has, and how this one reaches the packages."""
    reach = {"PIP_INDEX_URL", "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "PIP_PROXY"}
    reach |= {"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
    kept = {name: value for name, value in os.environ.items() if name in reach}
    return kept | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"} | more


def pack_project(archive: Path) -> None:
    """Pack what a fresh clone would hold, with what is not committed yet."""
    listed = subprocess.run(
        [needs("git", "git"), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    there = b"\0".join(name for name in listed if name and (ROOT / os.fsdecode(name)).is_file())
    subprocess.run([needs("tar", "tar"), "-cf", str(archive), "--null", "-T", "-"], cwd=ROOT, input=there, check=True)


@pytest.mark.timeout(1200)
def test_demo_runs_twice_on_a_bare_debian(tmp_path: Path, unshare: str) -> None:
    needs("debootstrap", "debootstrap")
    bare, logs = tmp_path / "bare", tmp_path / "logs"
    bare.mkdir()
    logs.mkdir()
    pack_project(logs / "project.tar")

    run = subprocess.run(
        [unshare, *NAMESPACES, needs("sh", "dash"), "-c", INSIDE],
        env=environment(BARE=str(bare), LOGS=str(logs)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    said = {turn: log.read_text() if (log := logs / turn).exists() else "" for turn in ("first", "second")}
    assert run.returncode == 0, (run.stdout[-2000:], said["first"][-4000:], said["second"][-4000:])

    assert "installing python3.11-venv" in said["first"]
    assert "setting up .venv" in said["first"]
    assert "installing" not in said["second"]
    assert "setting up" not in said["second"]
    for turn in ("first", "second"):
        left = (logs / f"{turn}.processes").read_text().splitlines()
        assert [process for process in left if not process.startswith("1 ")] == []
