"""The modules of a page as one script, so that the page is one file: each becomes a function that runs once."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

_IMPORT = re.compile(r"^import \{([^}]*)\} from '([^']+)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)


def bundle(folder: Path, main: str) -> str:
    """The module `main` below `folder` and all that it imports, in an order in which each finds what it needs.

    Raises ValueError for a module that goes round in a circle, or imports or exports otherwise than by name.
    """
    done: dict[str, str] = {}
    _add(folder, PurePosixPath(main), done, ())
    return "".join(done.values())


def _add(folder: Path, module: PurePosixPath, done: dict[str, str], above: tuple[str, ...]) -> None:
    name = module.as_posix()
    if name in above:
        raise ValueError(f"{name} imports itself over {', '.join(above)}")
    if name in done:
        return
    text = folder.joinpath(module).read_text("utf-8")

    def imported(match: re.Match[str]) -> str:
        other = _resolve(module.parent, match[2])
        _add(folder, other, done, (*above, name))
        return f"const {{{match[1].replace(' as ', ': ')}}} = {_variable(other)};\n"

    exported = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(imported, _COMMENT.sub("", text)))
    if _LEFT_OVER.search(body):
        raise ValueError(f"{name}: only imports and exports by name can be put into one file")
    done[name] = f"const {_variable(module)} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();\n"


def _resolve(folder: PurePosixPath, name: str) -> PurePosixPath:
    """The module that `name` means in a module of `folder`."""
    parts: list[str] = []
    for part in (*folder.parts, *PurePosixPath(name).parts):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)


def _variable(module: PurePosixPath) -> str:
    return "m_" + re.sub(r"\W", "_", module.with_suffix("").as_posix())
