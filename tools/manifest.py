"""Fills the gaps of voiceassist/weights/models.json from the hub, and tells where the two disagree.

    python tools/manifest.py [--endpoint URL] [--list FILE]

Needs a network that reaches the hub; ends with 1 where a figure of the list is not the hub's. It changes no figure that
is there: a revision is raised by hand, its files' figures set to null, and this run then.

Where the figures come from: no hub was in reach when the list was made. Commits, sizes and checksums were taken from
the pinned downloads of public projects (catalogues, lock files, build scripts); each model's `source` says how many
agree:
- model.bin of every model, and all files of the Systran conversions, of large-v3-turbo and of distil-large-v3: two to
  four projects that were read give the same figures. Of four that give medium's config.json one gives another checksum
  (c4cad52b…); the majority stands.
- distil-small.en: the small files' checksums stand in one project, for the newest commit, which is the pinned one.
- distil-medium.en and distil-large-v3.5: no checksum of the small files was found, so they are null, and a pull takes
  the hub's word for them. What one project gives for a repacked distil-medium.en was not taken over.
All are under the MIT licence: OpenAI's weights, their conversions by Systran, the distilled models.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from voiceassist.errors import VoiceassistError
from voiceassist.weights.hub import DEFAULT_ENDPOINT, PATIENCE, Hub
from voiceassist.weights.manifest import ModelFile

LIST = Path(__file__).parent.parent / "voiceassist" / "weights" / "models.json"


def main() -> int:
    """Run the tool; returns its exit status."""
    parser = argparse.ArgumentParser(description="Fill the gaps of the model list from the hub.")
    parser.add_argument("--endpoint", default=DEFAULT_ENDPOINT)
    parser.add_argument("--list", type=Path, default=LIST)
    args = parser.parse_args()
    hub = Hub(args.endpoint, PATIENCE)
    content = json.loads(args.list.read_text("utf-8"))
    try:
        faults = [fault for model in content["models"] for fault in complete(hub, model)]
    except VoiceassistError as error:
        sys.exit(f"{error} ({error.code})")
    args.list.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def complete(hub: Hub, model: dict[str, Any]) -> list[str]:
    """Fill what `model` lacks; return what of it the hub tells otherwise."""
    revision, found = hub.describe(model["repository"], model["revision"])
    if model["revision"] is None:
        model["revision"] = revision
    told = {file.name: file for file in found}
    rows = {row["name"]: row for row in model["files"]}
    if not rows:
        model["files"] = [{"name": name, "size": None, "sha256": None} for name in told]
        rows = {row["name"]: row for row in model["files"]}
    faults = [f"{model['name']}: {name} is in one place only" for name in rows.keys() ^ told.keys()]
    for name in rows.keys() & told.keys():
        row, file = rows[name], told[name]
        if row["size"] is None:
            row["size"] = file.size
        sha256 = file.sha256 or _sha256(hub, model["repository"], revision, file)
        if row["sha256"] is None:
            row["sha256"] = sha256
        if (row["size"], row["sha256"]) != (file.size, sha256):
            faults.append(f"{model['name']}: {name} is {file.size} bytes, {sha256} on the hub")
    return sorted(faults)


def _sha256(hub: Hub, repository: str, revision: str, file: ModelFile) -> str:
    """The SHA-256 of a small file, for which the hub tells git's checksum alone."""
    with tempfile.TemporaryDirectory() as folder:
        return hub.fetch(repository, revision, file, Path(folder, file.name), lambda _: None)


if __name__ == "__main__":
    sys.exit(main())
