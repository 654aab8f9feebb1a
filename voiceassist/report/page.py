"""The review as one HTML file that needs nobody else: styles, scripts and the call itself are in it."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from pathlib import Path

from voiceassist import assets
from voiceassist.report.bundle import bundle
from voiceassist.report.document import Review
from voiceassist.report.review import review
from voiceassist.store.records import Call

_STYLE = re.compile(r'  <link rel="stylesheet" href="([\w.]+)">\n')
_SCRIPT = re.compile(r'  <script type="module" src="js/([\w./]+)"></script>\n')
_TITLE = "<title>Call review</title>"
_DATA = '<script type="application/json" id="call">null</script>'
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def render(call: Call) -> str:
    """The page of a call. What was said is data in it, never markup, and the page may load and send nothing."""
    return render_review(review(call))


def render_review(seen: Review) -> str:
    """The page of a review."""
    page, policy = _page()
    title = f"<title>{escape(f'Call review · {seen.call.id}')}</title>"
    data = seen.model_dump_json().translate(_ESCAPES)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n  {title}'
    # One replacement each, the data last: what was said may hold the words that are looked for.
    return page.replace(_TITLE, meta, 1).replace(_DATA, _DATA.replace("null", data), 1)


def content_security_policy() -> str:
    """What the page may do, for a server that sends it: run its own script and style, in no frame, and nothing else."""
    return f"{_page()[1]}; frame-ancestors 'none'"  # only a header can say the last


@cache
def _page() -> tuple[str, str]:
    """The page around the data, and its policy; the same for every call."""
    folder = assets.overlay()
    page = (folder / "review.html").read_text("utf-8")
    style = "".join(_read(folder / name) for name in _STYLE.findall(page))
    [main] = _SCRIPT.findall(page)
    script = bundle(folder / "js", main)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _SCRIPT.sub("", _STYLE.sub("", page))
    page = page.replace("</head>", f"  <style>{style}</style>\n</head>", 1)
    return page.replace("</body>", f'  <script type="module">{script}</script>\n</body>', 1), policy


def _read(path: Path) -> str:
    return path.read_text("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
