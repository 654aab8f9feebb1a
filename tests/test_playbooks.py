"""Playbook files: what is read from them, what they extend, and how a change is noticed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from textwrap import dedent

import pytest
from playbook_files import GOOD, NOW, embed, fault, load

from voiceassist import playbooks
from voiceassist.errors import PlaybookError

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "shop.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# --- what is read -----------------------------------------------------------------------------------------------------


def test_a_playbook_is_read_to_its_end(write) -> None:
    book = load(write(GOOD))
    assert book.title == "Corner shop"
    assert [(one.id, one.title, len(one.asked)) for one in book.situations] == [("late-fee", "Late fee", 3)]
    assert [offer.can for offer in book.situations[0].offers] == ["credit it this once", "spread it over three months"]
    ask = "can you take that late fee off"
    assert [offer.id for offer in book.suggest(embed(ask), ask, ask)] == ["plan"]
    assert [offer.id for offer in book.suggest(embed(ask), ask, "it's the first time")] == ["credit", "plan"]
    assert book.feeling(embed("on hold for an hour"), "on hold for an hour") == ("That is a long wait",)
    assert book.ruled_out("you get a refund today") == "Refunds take three days."


@pytest.mark.parametrize("section", ["situations", "feelings", "not_promised"])
def test_every_section_may_be_left_out(write, section: str) -> None:
    start = GOOD.index(f"\n{section}:") + 1
    rest = GOOD[start + len(section) + 2 :]
    following = [rest.find(f"\n{name}:") for name in ("offers", "feelings", "not_promised")]
    end = min((place for place in following if place >= 0), default=len(rest))
    book = load(write(GOOD[:start] + rest[end + 1 :]))
    assert not {"situations": book.situations, "feelings": book.feelings, "not_promised": book.forbidden}[section]
    assert not book.is_empty


def test_a_playbook_without_a_name_has_its_files(write) -> None:
    assert load(write(GOOD.partition("\n")[2], "corner.yaml")).title == "corner"


def test_an_alias_stands_for_what_it_names(write) -> None:
    content = GOOD.replace("if_said: [first time]", "if_said: &once [first time, only once]").replace(
        "can: spread it over three months", "can: spread it\n    unless_said: *once"
    )
    assert load(write(content)).situations[0].offers[1].unless_said == ("first time", "only once")


def test_offers_are_judged_by_the_time_of_the_call(write) -> None:
    content = GOOD.replace(
        "    if_said: [first time]",
        '    from: 2026-11-23\n    until: 2026-11-30\n    days: [mon, tue]\n    hours: "08:00-20:00"',
    )
    book = load(write(content))
    ask = "can you take that late fee off"

    def offered(now: datetime) -> bool:
        found = playbooks.as_of(book, now).suggest(embed(ask), ask, ask)
        return "credit" in [offer.id for offer in found]

    assert offered(NOW)
    assert offered(NOW.replace(day=30, hour=19, minute=59))
    assert not offered(NOW.replace(day=30, hour=20))
    assert not offered(NOW.replace(day=16))
    assert not offered(NOW.replace(day=25))
    assert not offered(NOW.replace(day=30).replace(month=12, day=7))


# --- names and what is extended ---------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.yaml").startswith("none.yaml: ")
    assert fault(tmp_path).startswith(f"{tmp_path.name}: ")


def test_a_name_that_is_nearly_a_bundled_ones_is_asked_about() -> None:
    with pytest.raises(PlaybookError, match="there is no playbook 'telecon'; did you mean 'telecom'"):
        load("telecon")
    with pytest.raises(PlaybookError, match=r"known are general, retail, telecom, travel; a file ends in \.yaml"):
        load("zzz")


def test_what_is_extended_gives_its_feelings_and_promises_and_no_offers(write) -> None:
    write(GOOD, "base.yaml")
    own = "extends: base.yaml\nfeelings:\n  waited-long:\n    heard: [a b, c d, e f]\n    say: [Own words]\n"
    book = load(write(own))
    assert [(one.id, one.say) for one in book.feelings] == [("waited-long", ("Own words",))]
    assert [one.id for one in book.forbidden] == ["same-day"]
    assert book.situations == ()


def test_a_bundled_playbook_is_extended_by_its_name(write) -> None:
    general = load("general")
    book = load(write("extends: general\n" + GOOD.replace("playbook:", "# ")))
    assert {one.id for one in book.feelings} >= {one.id for one in general.feelings}


def test_a_loop_of_extends_is_a_fault(write) -> None:
    write("extends: shop.yaml\n", "base.yaml")
    assert fault(write("playbook: Shop\nextends: base.yaml\n")).endswith(
        "base.yaml:1:10: extends: 'shop.yaml' leads back to where it came from"
    )
    assert "leads back" in fault(write("extends: shop.yaml\n"))


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("generl", "shop.yaml:1:10: extends: there is no playbook 'generl'; did you mean 'general'?"),
        ("none.yaml", "shop.yaml:1:10: extends: there is no file 'none.yaml'"),
        ("[general]", "shop.yaml:1:10: extends: a text is wanted here, not a list"),
    ],
)
def test_what_cannot_be_extended_is_a_fault(write, extends: str, said: str) -> None:
    assert fault(write(f"extends: {extends}\n")) == said


def test_a_fault_in_what_is_extended_tells_that_files_place(write) -> None:
    write("playbook: 1\n", "base.yaml")
    assert fault(write("extends: base.yaml\n")) == "base.yaml:1:11: playbook: '1' is no text; put it in quotes"


# --- changes ----------------------------------------------------------------------------------------------------------


def touch(path: Path, seconds: int) -> None:
    """Give a file another time: two writes may fall into one tick of the clock."""
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + seconds))


def test_a_change_is_noticed_once(write) -> None:
    path = write(GOOD)
    watch = playbooks.Watch(path, load)
    assert watch.poll() is None
    write(GOOD.replace("Corner shop", "Super market"))
    assert (fresh := watch.poll()) is not None
    assert fresh.title == "Super market"
    assert watch.poll() is None
    touch(path, 5)
    assert watch.poll() is not None


def test_a_fault_is_told_once_and_mended(write) -> None:
    path = write(GOOD)
    watch = playbooks.Watch(path, load)
    write("playbok: x\n")
    with pytest.raises(PlaybookError, match="did you mean 'playbook'"):
        watch.poll()
    assert watch.poll() is None
    write(GOOD)
    assert (mended := watch.poll()) is not None
    assert mended.title == "Corner shop"


def test_a_file_that_goes_and_comes_back_is_noticed(write) -> None:
    path = write(GOOD)
    watch = playbooks.Watch(path, load)
    path.unlink()
    with pytest.raises(PlaybookError):
        watch.poll()
    assert watch.poll() is None
    write(GOOD)
    assert watch.poll() is not None


def test_a_change_of_what_is_extended_is_noticed(write) -> None:
    base = write(GOOD, "base.yaml")
    watch = playbooks.Watch(write("extends: base.yaml\n"), load)
    assert watch.poll() is None
    write(GOOD.replace("That is a long wait", "What a wait"), "base.yaml")
    touch(base, 5)
    assert (fresh := watch.poll()) is not None
    assert fresh.feelings[0].say == ("What a wait",)


def test_a_bundled_playbook_is_watched_by_its_name() -> None:
    assert playbooks.Watch("general", load).poll() is None


# --- remarks ----------------------------------------------------------------------------------------------------------


def test_what_could_be_better_is_remarked(write) -> None:
    content = dedent("""\
        situations:
          zoo:
            title: zigzag
            asked: [buzzing zoo, zebra zoo, fuzzy zoo]
            offers: [walk]
          pill:
            title: ill
            asked: [lily pill, ill will, buzzy zoo zebra]
            offers: [rest]
        offers:
          walk: {can: walk}
          rest: {can: rest, if_said: [tired]}
          spare: {can: spare}
        """)
    path = write(content)
    assert list(playbooks.remarks(playbooks.read(path), load(path), embed)) == [
        "offers.spare: no situation names it",
        "situations.pill: its first offers all have conditions, so there may be none to suggest",
        "situations.pill.asked: “buzzy zoo zebra” is nearer to zoo",
    ]
