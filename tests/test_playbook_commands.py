"""`playbook check`, `try` and `import` as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import refused, run
from playbook_files import GOOD, load

from voiceassist import playbooks
from voiceassist.errors import PlaybookError
from voiceassist.playbooks import Imported, import_offers

Sheet = Callable[..., Path]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text("# What we can do\n" + GOOD.replace("  plan:\n", "  # agreed in May\n  plan:\n"), "utf-8")
    return path


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    def write(*lines: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "offers.csv"
        path.write_text("\n".join(lines) + "\n", encoding)
        return path

    return write


# --- check and try ----------------------------------------------------------------------------------------------------


def test_check_tells_what_is_in_a_playbook(shop: Path) -> None:
    done = run("playbook", "check", str(shop))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Corner shop: 1 situations, 2 offers, 1 feelings, 1 not promised\n"
    found = json.loads(run("playbook", "check", "telecom", "--json").stdout)
    assert found["playbook"] == "Telecom"
    assert found["situations"] >= 20
    assert found["remarks"] == []


def test_check_tells_the_first_fault_in_one_line(shop: Path) -> None:
    shop.write_text(GOOD.replace("offers: [credit, plan]", "offers: [credit, plann]"), "utf-8")
    said = refused(run("playbook", "check", str(shop)))
    assert said == (
        f"voiceassist: error[playbook]: {shop}:9:22: situations.late-fee.offers: there is no offer 'plann'; "
        "did you mean 'plan'?\n"
    )


def test_check_reads_the_playbook_of_the_settings(shop: Path) -> None:
    done = run("playbook", "check", env={"VOICEASSIST_PLAYBOOK__FILE": str(shop)})
    assert done.stdout.startswith("Corner shop: ")
    assert "did you mean 'retail'" in refused(run("playbook", "check", env={"VOICEASSIST_PLAYBOOK__FILE": "retial"}))


def test_try_shows_what_would_be_suggested() -> None:
    done = run("playbook", "try", "i was two days late, can you take the fee off", "--playbook", "telecom")
    assert done.returncode == 0
    assert "Late payment fee" in done.stdout
    assert "move your due date behind your payday" in done.stdout


def test_try_tells_as_json_what_was_found() -> None:
    said = "i've been on hold for an hour and i want my money back today"
    found = json.loads(run("playbook", "try", said, "--json").stdout)
    assert found["situations"][0]["id"] == "refund"
    assert "store-credit" in [offer["id"] for offer in found["offers"]]
    assert found["feeling"] == "waited-long"
    assert len(found["say"]) == 6
    assert found["ruled_out"].startswith("A refund takes")


def test_try_finds_nothing_for_small_talk() -> None:
    done = run("playbook", "try", "did you watch the match last night")
    assert done.returncode == 0
    assert "nothing to suggest" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["check", "nowhere.yaml"], "nowhere.yaml"),
        (["check", "telecon"], "did you mean 'telecom'"),
        (["try"], "Missing argument"),
        (["try", "x", "--playbook", "nowhere.yaml"], "nowhere.yaml"),
        (["import", "offers.csv"], "--into"),
        (["import", "nowhere.csv", "--into", "x.yaml"], "nowhere.csv"),
        (["import", "nowhere.csv", "--into", "general"], "a playbook's file ends in .yaml"),
    ],
)
def test_what_cannot_be_is_refused(args: list[str], said: str) -> None:
    assert said in refused(run("playbook", *args))


# --- import -----------------------------------------------------------------------------------------------------------


def test_import_adds_and_replaces_offers_and_keeps_the_rest(shop: Path, sheet: Sheet) -> None:
    table = sheet(
        "id,can,if_said,until,hours,situations",
        "plan,spread it over six months,,,,",
        'waive,"waive it, just today",always paid|never late,2026-12-31,08:00-20:00,late-fee',
    )
    done = run("playbook", "import", str(table), "--into", str(shop))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{shop}: 1 offers added, 1 replaced\n"
    text = shop.read_text("utf-8")
    assert text.startswith("# What we can do\n")
    assert "# agreed in May" in text
    offers = {offer.id: offer for offer in load(shop).situations[0].offers}
    assert list(offers) == ["credit", "plan", "waive"]
    assert offers["plan"].can == "spread it over six months"
    assert offers["waive"].can == "waive it, just today"
    assert offers["waive"].if_said == ("always paid", "never late")
    assert offers["waive"].window is not None
    assert offers["credit"].if_said == ("first time",)


def test_importing_twice_changes_nothing_more(shop: Path, sheet: Sheet) -> None:
    table = sheet("id,can,situations", "waive,waive it,late-fee")
    assert import_offers(table, shop) == Imported(1, 0, ())
    once = shop.read_text("utf-8")
    assert import_offers(table, shop) == Imported(0, 1, ())
    assert shop.read_text("utf-8") == once


def test_import_begins_a_playbook_and_its_situations(tmp_path: Path, sheet: Sheet) -> None:
    table = sheet(
        "id;can;situations;title;asked",
        "exchange;swap it for another;too-small;Too small;it does not fit|it's too small|i need a bigger one",
        "refund;put it back on your card;too-small;;",
        encoding="utf-8-sig",
    )
    into = tmp_path / "my-shop.yaml"
    assert import_offers(table, into) == Imported(2, 0, ("too-small",))
    book = load(into)
    assert book.title == "My shop"
    assert book.situations[0].title == "Too small"
    assert len(book.situations[0].asked) == 3
    assert [offer.id for offer in book.situations[0].offers] == ["exchange", "refund"]


def test_a_bundled_playbook_keeps_its_lines(tmp_path: Path, sheet: Sheet) -> None:
    before = playbooks.find("retail").read_text("utf-8")
    into = tmp_path / "retail.yaml"
    into.write_text(before, "utf-8")
    import_offers(sheet("id,can", "extra,add a little something"), into)
    after = into.read_text("utf-8")
    assert [line for line in after.splitlines() if line not in before.splitlines()] == [
        "  extra:",
        "    can: add a little something",
    ]
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([""], "offers.csv:1:1: the column 'id' is missing"),
        (["id,can"], "offers.csv:1:1: there is no offer in the sheet"),
        (["id,offer", "a,b"], "offers.csv:1:2: offer: there is no such column"),
        (["id,can,if_sayd", "a,b,c"], "offers.csv:1:3: if_sayd: there is no such column; did you mean 'if_said'?"),
        (["id,can,can", "a,b,c"], "offers.csv:1:3: can: the column stands twice"),
        (["id,can", "a,b,c"], "offers.csv:2:3: more cells than the first line names columns"),
        (["id,can", ",b"], "offers.csv:2:1: id: the offer has no id"),
        (["id,can", "a,"], "offers.csv:2:1: offers.a: the key 'can' is missing"),
        (["id,can", "A B,c"], "offers.csv:2:1: offers.A B: a name is small letters, digits and hyphens"),
        (["id,can", "a,b", "", "a,c"], "offers.csv:4:1: id: 'a' stands in line 2, too"),
        (["id,can", "a,one two three four five six seven eight nine"], "offers.csv:2:2: offers.a.can: 9 words"),
        (["id,can", "a,<script>"], "offers.csv:2:2: offers.a.can: “<” and “>” have no place here"),
        (["id,can,until", "a,b,31.12.2026"], "offers.csv:2:3: offers.a.until: '31.12.2026' is no date"),
        (["id,can,days", "a,b,mon|tues"], "offers.csv:2:3: offers.a.days: 'tues' is no day"),
        (["id,can", 'a,"b'], "offers.csv:2:1: this is no CSV: "),
        (
            ["id,can,situations", "a,b,late-fees"],
            "situations: there is no situation 'late-fees', and the row has no 3 examples to begin it; did you mean",
        ),
        (["id,can,situations,asked", "a,b,new,one|two"], "there is no situation 'new', and the row has no 3 examples"),
        (["id,can,situations,asked", "a,b,New one,c d|e f|g h"], "offers.csv:2:3: situations.New one: a name is small"),
    ],
)
def test_a_fault_in_the_sheet_is_told_and_nothing_is_changed(
    shop: Path, sheet: Sheet, lines: list[str], said: str
) -> None:
    before = shop.read_bytes()
    with pytest.raises(PlaybookError) as fault:
        import_offers(sheet(*lines), shop)
    assert said in str(fault.value)
    assert shop.read_bytes() == before
    assert sorted(path.name for path in shop.parent.iterdir()) == ["offers.csv", "shop.yaml"]


def test_a_sheet_in_another_encoding_is_refused(shop: Path, sheet: Sheet) -> None:
    with pytest.raises(PlaybookError, match="no text in UTF-8"):
        import_offers(sheet("id,can", "a,café", encoding="latin-1"), shop)


def test_a_playbook_with_a_fault_is_refused_before_it_is_touched(shop: Path, sheet: Sheet) -> None:
    shop.write_text("playbok: x\n", "utf-8")
    with pytest.raises(PlaybookError, match="did you mean 'playbook'"):
        import_offers(sheet("id,can", "a,b"), shop)
    assert shop.read_text("utf-8") == "playbok: x\n"
