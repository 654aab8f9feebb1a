"""The review as one file: all of it is inside, nothing of it is obeyed, and four hours of call stay light."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from needs import ROOT
from overlay.reviews import HOSTILE, hostile, long
from store.kept import RECOVERED, keep, told

from voiceassist.report.bundle import bundle
from voiceassist.report.page import content_security_policy, render
from voiceassist.report.review import review
from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.records import Call


class Parts(HTMLParser):
    """The elements of a page with their attributes, and what is in scripts, styles and the title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self._within = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == self._within else self._within

    def handle_data(self, data: str) -> None:
        if self._within in self.texts:
            self.texts[self._within][-1] += data


def stored(path: Path, *messages: wire.CallEvent) -> Call:
    with Store.open(path / "calls.sqlite3") as store:
        keep(store, *messages)
        return store.call("last")


def test_the_call_is_in_the_page_as_data(tmp_path: Path) -> None:
    call = stored(tmp_path, *told(RECOVERED))
    page = Parts(render(call))
    data, _ = page.texts["script"]
    assert json.loads(data) == json.loads(review(call).model_dump_json())


def test_what_was_said_stays_data(tmp_path: Path) -> None:
    call = stored(tmp_path, *hostile())
    html = render(call)
    page, plain = Parts(html), Parts(render(stored(tmp_path / "plain", *told(RECOVERED))))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert json.loads(page.texts["script"][0])["utterances"][0]["text"] == HOSTILE
    assert page.texts["title"] == [f"Call review · {HOSTILE}"]
    assert "\u2028" not in page.texts["script"][0]


def test_the_page_needs_nobody_and_may_ask_nobody(tmp_path: Path) -> None:
    html = render(stored(tmp_path, *told(RECOVERED)))
    page = Parts(html)
    outside = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s'\"<>)]*", html)) - {"http://www.w3.org/2000/svg"}
    assert outside == set()
    for tag, attributes in page.elements:
        assert not {name for name in attributes if name == "style" or name.startswith("on")}, tag
        assert not {"src", "href", "action", "data"} & set(attributes) - ({"href"} if tag in {"link", "use"} else set())
    [policy] = [a["content"] for t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert f"{policy}; frame-ancestors 'none'" == content_security_policy()
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for text, kind in ((page.texts["script"][1], "script"), (page.texts["style"][0], "style")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_every_sign_of_the_page_is_drawn() -> None:
    template = (ROOT / "overlay" / "review.html").read_text("utf-8")
    drawn = set(re.findall(r'<symbol id="i-([\w-]+)"', template))
    scripts = "".join(path.read_text("utf-8") for path in (ROOT / "overlay" / "js" / "review").glob("*.js"))
    named = set(re.findall(r"icon\((?:[^()']*)'([\w-]+)'", scripts))
    assert named | {"acknowledgement", "reason", "alternative", "buy_in"} <= drawn
    overlay = (ROOT / "overlay" / "index.html").read_text("utf-8")
    for name in drawn:  # the same signs as the agent knows
        [symbol] = re.findall(rf'<symbol id="i-{name}".*?</symbol>', template)
        assert symbol in overlay


def test_four_hours_stay_light(tmp_path: Path) -> None:
    call = stored(tmp_path, *long())
    assert len(call.utterances) == 10_000
    html = render(call)
    words = sum(len(u.text) for u in call.utterances)
    assert len(html.encode()) < 2 * words + 500_000
    assert len(Parts(html).elements) < 60


def test_modules_become_one_script(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "main.js").write_text("import { a as one } from './deep/a.js';\nimport { b } from './b.js';\none(b);\n")
    (tmp_path / "deep" / "a.js").write_text(
        "import { b } from '../b.js';\n/** @type {X} */ let kept = b;\nexport function a() {}\n"
    )
    (tmp_path / "b.js").write_text("/**\n * What it is.\n */\nexport const b = 1;\n")
    script = bundle(tmp_path, "main.js")
    assert script.count("const b = 1") == 1
    assert script.index("const m_b = ") < script.index("const m_deep_a = ") < script.index("const m_main = ")
    assert "const { a: one } = m_deep_a;" in script
    assert "let kept = b;" in script
    assert "What it is" not in script
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


@pytest.mark.parametrize(
    "text",
    [
        "import './other.js';\n",
        "import * as x from './other.js';\n",
        "export default 1;\n",
        "import { m } from './main.js';\n",
    ],
)
def test_what_cannot_be_put_into_one_script_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text(text)
    with pytest.raises(ValueError, match=r"main\.js"):
        bundle(tmp_path, "main.js")
