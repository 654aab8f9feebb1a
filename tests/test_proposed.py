"""An offer that worked goes from a call into a playbook, whose comments, order and meaning stay."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playbook_files import GOOD, NOW, embed, load
from store.kept import RECOVERED, keep, told

from voiceassist import playbooks
from voiceassist.cli import main
from voiceassist.errors import PlaybookError
from voiceassist.playbooks import Added, add_offer
from voiceassist.store.database import Store

SHOP = "# What we can do\n" + GOOD.replace("    offers: [credit", "    # best first\n    offers: [credit").replace(
    "offers:\n  credit", "\n# --- offers\n\noffers:\n  credit"
).replace("  plan:\n", "  # agreed in May\n  plan:\n").replace("feelings:", "\n# --- feelings\n\nfeelings:")
ASKED = "take that late fee off for me"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, "utf-8")
    return path


def add(into: Path, can: str = "move the day it is due", asked: str = ASKED, situation: str | None = None) -> Added:
    return add_offer(into, can, asked, situation=situation, embed=embed, now=NOW)


def test_an_offer_goes_where_it_was_asked_for(shop: Path) -> None:
    assert add(shop) == Added("move-the-day-it-is-due", "late-fee", known=False)
    [situation] = load(shop).situations
    assert [offer.can for offer in situation.offers][-1] == "move the day it is due"
    assert ASKED in situation.asked


def test_everything_else_stays_where_it_was(shop: Path) -> None:
    add(shop)
    lines = shop.read_text("utf-8").splitlines()
    fresh = ["move-the-day-it-is-due:", "can: move the day it is due", f"- {ASKED}"]
    old = [line.replace(", move-the-day-it-is-due", "") for line in lines if line.strip() not in fresh]
    assert old == SHOP.splitlines()
    feelings = lines.index("# --- feelings")
    assert max(place for place, line in enumerate(lines) if line.strip() in fresh) < feelings


def test_an_offer_that_is_there_is_only_named(shop: Path) -> None:
    more = SHOP.replace(
        "\n# --- offers",
        "  slow:\n    title: Slow\n    asked: [so slow, too slow, very slow]\n    offers: [credit]\n\n# --- offers",
    )
    shop.write_text(more, "utf-8")
    assert add(shop, "Spread it  over three months", "how slow", "slow") == Added("plan", "slow", known=True)
    assert [offer.id for offer in load(shop).situations[1].offers] == ["credit", "plan"]
    assert add(shop, "spread it over three months", "HOW slow", "slow").known
    assert [offer.id for offer in load(shop).situations[1].offers] == ["credit", "plan"]
    assert load(shop).situations[1].asked.count("how slow") == 1


def test_ids_are_never_taken_twice(shop: Path) -> None:
    add(shop, "move it")
    assert add(shop, "move it!").offer == "move-it-2"
    assert add(shop, "größe: 7 / 8").offer == "gr-e-7-8"
    assert add(shop, "…").offer == "offer"
    assert add(shop, "ab " * 7 + "x" * 60).offer.startswith("ab-ab-")
    assert len(load(shop).situations[0].offers) == 7


@pytest.mark.parametrize(
    ("can", "asked", "situation", "said"),
    [
        ("one two three four five six seven eight nine", ASKED, None, "9 words"),
        ("give <b>it</b>", ASKED, None, "“<”"),
        ("12", ASKED, "late-fees", "did you mean 'late-fee'"),
        ("move it", "zzz qqq", None, "no situation is near"),
        ("move it", "", None, "no situation is near"),
        ("move it", "x" * 400, "late-fee", "400 characters"),
    ],
)
def test_what_cannot_be_leaves_the_playbook_alone(
    shop: Path, can: str, asked: str, situation: str | None, said: str
) -> None:
    with pytest.raises(PlaybookError) as error:
        add(shop, can, asked, situation)
    assert said in str(error.value)
    assert shop.read_text("utf-8") == SHOP
    assert [file.name for file in shop.parent.iterdir()] == ["shop.yaml"]


def test_a_playbook_has_to_be_there(tmp_path: Path) -> None:
    for name in ("nowhere.yaml", "general"):
        with pytest.raises(PlaybookError):
            add(tmp_path / name)


@pytest.mark.parametrize("name", ["general", "telecom", "retail", "travel"])
def test_the_bundled_playbooks_take_an_offer(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.yaml"
    before = playbooks.find(name).read_text("utf-8")
    file.write_text(before, "utf-8")
    situation = playbooks.read(file).situations[3]
    add(file, "hold it until you are back", "would you hold it", situation.id)
    changed = [line for line in file.read_text("utf-8").splitlines() if line not in before.splitlines()]
    assert len(changed) == 4
    assert set(before.splitlines()) - set(file.read_text("utf-8").splitlines()) <= {
        line for line in before.splitlines() if line.strip().startswith("offers: [")
    }


# --- the commands -----------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    path = tmp_path / "kept" / "calls.sqlite3"
    with Store.open(path) as store:
        keep(store, *told(RECOVERED))
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", str(path))
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["voiceassist", "playbook", *words])
        with pytest.raises(SystemExit) as left:
            main()
        code = left.value.code
        assert isinstance(code, int)
        return code, *capfd.readouterr()

    return typed


def test_from_a_call_into_a_playbook(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(playbooks.find("general").read_text("utf-8"), "utf-8")
    assert command("proposed") == (0, "", "nothing is proposed\n")
    assert command("propose", "last", "1", "send you another one") == (0, "proposed as number 1\n", "")
    _, shown, _ = command("proposed")
    assert "send you another one" in shown
    assert "can i have a refund" in shown
    assert json.loads(command("proposed", "--json")[1])["state"] == "proposed"
    code, said, _ = command("approve", "1", "--file", str(file), "--as", "send a new one instead")
    assert (code, said) == (0, f"{file}: offer send-a-new-one-instead added in refund\n")
    assert command("check", str(file))[0] == 0
    refund = next(one for one in playbooks.read(file).situations if one.id == "refund")
    assert "can i have a refund" in refund.asked
    code, _, line = command("approve", "1", "--file", str(file))
    assert (code, "offer-decided" in line) == (2, True)


def test_a_proposal_may_be_rejected(command: Command) -> None:
    command("propose", "c", "1", "send you another one")
    assert command("approve", "1", "--reject") == (0, "rejected: number 1\n", "")
    assert command("proposed") == (0, "", "nothing is proposed\n")


@pytest.mark.parametrize(
    "words",
    [
        ("propose", "c", "2", "send it"),
        ("propose", "x", "1", "send it"),
        ("propose", "c", "1", "one two three four five six seven eight nine"),
        ("approve", "1"),
        ("approve", "1", "--reject", "--file", "x.yaml"),
        ("approve", "7", "--file", "x.yaml"),
        ("approve", "7", "--reject"),
    ],
)
def test_what_makes_no_sense_is_refused(command: Command, words: tuple[str, ...]) -> None:
    code, printed, line = command(*words)
    assert (code, printed, line.count("\n")) == (2, "", 1)


def test_a_playbook_that_refuses_leaves_the_proposal(command: Command, tmp_path: Path) -> None:
    command("propose", "c", "1", "send you another one")
    (tmp_path / "broken.yaml").write_text("situations: 7\n")
    assert command("approve", "1", "--file", str(tmp_path / "broken.yaml"))[0] == 2
    assert json.loads(command("proposed", "--json")[1])["number"] == 1
