"""The pictures of a report: that they are drawn, say what was found, and come out the same again."""

import struct
import sys
from html import unescape
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from judges import WrittenJudge, example

from voiceassist.bench.pictures import draw
from voiceassist.bench.quality import measure
from voiceassist.errors import UsageError

NAMES = ["confusion", "calibration", "false-refusals"]


def quality(categories=("fact", "worry")):
    rows, scores = [], {}
    for n in range(40):
        text, refusal = f"line {n}", n % 2
        rows.append(example(text, labels={"refusal": refusal, "reason": 0}, category=categories[n % 4 // 2]))
        scores["", text] = {"refusal": 0.9 if refusal or n % 8 == 0 else n / 100}
    return measure(WrittenJudge(scores), rows)


def words(path):
    """What an SVG of matplotlib says: it writes each text beside its outlines."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    tree = ET.parse(path, parser)
    return [unescape(node.text.strip()) for node in tree.iter(ET.Comment)]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "new" / "pictures"
    before = dict(mpl.rcParams)
    files = draw(quality(), folder)
    assert dict(mpl.rcParams) == before
    return folder, files


def test_each_picture_is_written_in_both_forms(drawn):
    folder, files = drawn
    assert files == [folder / f"{name}.{ending}" for name in NAMES for ending in ("svg", "png")]
    for path in folder.glob("*.png"):
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">I", content[16:20])[0] >= 1200


def test_the_titles_state_the_finding(drawn):
    folder, _ = drawn
    assert "20 of 20 refusals are heard; 5 of 20 other lines are taken for one" in words(folder / "confusion.svg")
    assert any(said.startswith("A refusal’s score is off by 0.") for said in words(folder / "calibration.svg"))
    said = words(folder / "false-refusals.svg")
    assert "5 of 20 lines without a refusal are taken for one (25%)" in said
    assert "50%  (5 of 10)" in said
    assert "None in 1 other category (10 lines)." in said


def test_the_same_figures_give_the_same_bytes(drawn, tmp_path):
    _, files = drawn
    draw(quality(), tmp_path)
    for path in files:
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        ([example("a", labels={"closing": 1})], "No line is known to hold no refusal"),
        ([example("a", labels={"refusal": 0})], "None of the 1 lines without a refusal is taken for one"),
    ],
)
def test_pictures_of_next_to_nothing(tmp_path, rows, finding):
    draw(measure(WrittenJudge({}), rows), tmp_path)
    assert finding in words(tmp_path / "false-refusals.svg")


def test_a_category_may_be_called_anything(tmp_path):
    draw(quality(("$\\frac{ \n no <b>", "x" * 200)), tmp_path)
    assert "$\\frac{ no <b>" in words(tmp_path / "false-refusals.svg")


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file"):
        draw(quality(), tmp_path / "file" / "pictures")


def test_without_matplotlib_it_is_told_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'voiceassist\[bench\]'") as refused:
        draw(quality(), tmp_path / "pictures")
    assert refused.value.code == "matplotlib-missing"
    assert not (tmp_path / "pictures").exists()
