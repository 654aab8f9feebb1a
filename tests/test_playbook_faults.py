"""What is wrong with a playbook file is told with its line, its column and its key."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playbook_files import GOOD, embed, fault, load

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "shop.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


MANY = "\n".join(f"      - example {n}" for n in range(5_001))
FAULTS = [
    ("", "shop.yaml:1:1: the playbook is empty"),
    ("# nothing\n", "shop.yaml:1:1: the playbook is empty"),
    ("hello", "shop.yaml:1:1: keys with values are wanted here, not a text"),
    ("- a\n", "shop.yaml:1:1: keys with values are wanted here, not a list"),
    ("a: [1,\nb: 2\n", "shop.yaml:3:1: this is no YAML: "),
    ("a:\n\tb: 1\n", "shop.yaml:2:1: this is no YAML: "),
    ("a: 1\n---\nb: 2\n", "shop.yaml:2:1: a playbook is one YAML document"),
    ("a: 'open\n", "this is no YAML: "),
    (b"playbook: caf\xe9\n", "shop.yaml:1:14: this is no text in UTF-8"),
    (b"a: b\nc: \x07d\n", "shop.yaml:2:4: the control character U+0007 has no place here"),
    ("playbok: Shop\n", "shop.yaml:1:1: playbok: there is no such key; did you mean 'playbook'?"),
    ("xyz: 1\n", "shop.yaml:1:1: xyz: there is no such key; known are playbook, extends, situations"),
    ("playbook: 2026\n", "shop.yaml:1:11: playbook: '2026' is no text; put it in quotes"),
    ("playbook:\n", "shop.yaml:1:10: playbook: a text is missing"),
    ("playbook: ''\n", "shop.yaml:1:11: playbook: the text is empty"),
    ("playbook: !!python/name:os.system x\n", "shop.yaml:1:11: the tag tag:yaml.org,2002:python/name:os.system has no"),
    ("offers: !set {a: 1}\n", "shop.yaml:1:9: the tag !set has no place here"),
    ("offers: {}\n", "shop.yaml:1:9: offers: the section is empty"),
    ("offers: [a]\n", "shop.yaml:1:9: offers: keys with values are wanted here, not a list"),
    ("? [a]\n: b\n", "shop.yaml:1:3: a key is a text"),
    (
        changed("title: Late fee", "titel: Late fee"),
        "shop.yaml:4:5: situations.late-fee.titel: there is no such key; did",
    ),
    (changed("    title: Late fee\n", ""), "shop.yaml:4:5: situations.late-fee: the key 'title' is missing"),
    (
        changed("      - i was two days late\n", ""),
        "shop.yaml:6:7: situations.late-fee.asked: 2 of at least 3 examples",
    ),
    (changed("i was two days late", "'?!'"), "shop.yaml:7:9: situations.late-fee.asked: '?!' has no words"),
    (
        changed("i was two days late", "12"),
        "shop.yaml:7:9: situations.late-fee.asked: '12' is no text; put it in quotes",
    ),
    (
        changed("i was two days late", "[a]"),
        "shop.yaml:7:9: situations.late-fee.asked: a text is wanted here, not a list",
    ),
    (
        changed("i was two days late", "can you take the late fee off"),
        "shop.yaml:7:9: situations.late-fee.asked: 'can you take the late fee off' stands twice",
    ),
    (changed("[credit, plan]", "[]"), "shop.yaml:9:13: situations.late-fee.offers: the list is empty"),
    (
        changed("[credit, plan]", "credit"),
        "shop.yaml:9:13: situations.late-fee.offers: a list is wanted here, not a text",
    ),
    (
        changed("[credit, plan]", "[credit, plans]"),
        "shop.yaml:9:22: situations.late-fee.offers: there is no offer 'plans'; did you mean 'plan'?",
    ),
    (
        changed("  plan:\n", "  credit:\n"),
        "shop.yaml:14:3: credit: the key stands twice, first in line 11",
    ),
    (
        changed("  plan:\n", "  My Plan:\n"),
        "shop.yaml:14:3: offers.My Plan: a name is small letters, digits and hyphens",
    ),
    (
        changed("spread it over three months", "spread it over three or even four whole months"),
        "shop.yaml:15:10: offers.plan.can: 9 words, and 8 are the most",
    ),
    (changed("can: spread it over three months", "can: {}"), "shop.yaml:15:10: offers.plan.can: a text is wanted here"),
    (
        changed("can: spread it", "can: <b>spread</b> it"),
        "shop.yaml:15:10: offers.plan.can: “<” and “>” have no place here",
    ),
    (changed("can: spread it over", '"can": "spread\\x07 it"\n    #'), "shop.yaml:15:12: offers.plan.can: the control"),
    (
        changed("can: spread it over", 'can: "spread \\u202e it"\n    #'),
        "shop.yaml:15:10: offers.plan.can: the control",
    ),
    (
        changed("can: spread it over three months", f"can: {'x' * 91}"),
        "shop.yaml:15:10: offers.plan.can: 91 characters",
    ),
    (changed("if_said: [first time]", "if_said: []"), "shop.yaml:13:14: offers.credit.if_said: the list is empty"),
    (
        changed("if_said: [first time]", "if_said: first time"),
        "shop.yaml:13:14: offers.credit.if_said: a list is wanted",
    ),
    (changed("if_said: [first time]", "from: soon"), "shop.yaml:13:11: offers.credit.from: 'soon' is no date such as"),
    (changed("if_said: [first time]", "until: 2026-02-30"), "shop.yaml:13:12: offers.credit.until: '2026-02-30' is no"),
    (
        changed("if_said: [first time]", "from: 2026-03-01\n    until: 2026-02-28"),
        "shop.yaml:14:12: offers.credit.until: it ends before it begins",
    ),
    (
        changed("if_said: [first time]", "days: [monday]"),
        "shop.yaml:13:12: offers.credit.days: 'monday' is no day; days",
    ),
    (changed("if_said: [first time]", "hours: 8-20"), "shop.yaml:13:12: offers.credit.hours: '8-20' is no time of day"),
    (changed("if_said: [first time]", "hours: 20:00-08:00"), "shop.yaml:13:12: offers.credit.hours: it ends before it"),
    (changed("say: [That is a long wait]", "say: []"), "shop.yaml:19:10: feelings.waited-long.say: the list is empty"),
    (
        changed("That is a long wait", "That is a very long time for anybody to wait"),
        "shop.yaml:19:11: feelings.waited-long.say: 10 words, and 8 are the most",
    ),
    (
        changed("    because: Refunds take three days.\n", ""),
        "shop.yaml:22:5: not_promised.same-day: the key 'because' is",
    ),
    ("a: &x [*x]\n", "shop.yaml:1:8: the alias *x stands inside of what it stands for"),
    ("a: *x\n", "shop.yaml:1:4: the alias *x stands for nothing"),
    ("[" * 100_000, "shop.yaml:1:14: nested too deeply"),
    ("offers:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 400)), "nested too deeply"),
    (
        changed("      - i was two days late", MANY),
        "shop.yaml:5006:9: situations.late-fee.asked: more than 5000 examples",
    ),
]


@pytest.mark.parametrize(("content", "said"), FAULTS, ids=[said[:70] for _, said in FAULTS])
def test_a_fault_is_told_with_its_place_and_key(write, content: str | bytes, said: str) -> None:
    assert said in fault(write(content))


def test_eight_words_are_no_fault(write) -> None:
    assert load(write(changed("That is a long wait", "one two three four five six seven eight")))


def test_aliases_that_blow_up_are_refused(write) -> None:
    levels = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghi"
    levels += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in pairwise(names)]
    assert "shop.yaml:6:" in fault(write("\n".join(levels)))


def test_a_file_that_is_too_large_is_refused(write) -> None:
    assert fault(write(b"#" * (4 * 1024 * 1024 + 1))) == "shop.yaml:1:1: the file is larger than 4 MB"


def offers(count: int) -> str:
    named = "\n".join(
        f"  s-{n}:\n    title: Part {n}\n    asked: [part {n} broke, mend {n}, {n} is gone]\n"
        f"    offers: [{', '.join(f'o-{n * 100 + place}' for place in range(100))}]"
        for n in range(100)
    )
    return f"situations:\n{named}\noffers:\n" + "\n".join(f"  o-{n}: {{can: send part {n}}}" for n in range(count))


def test_ten_thousand_offers_are_read_and_one_more_is_refused(write) -> None:
    book = load(write(offers(10_000)))
    assert sum(len(one.offers) for one in book.situations) == 10_000
    ask = "part 42 broke"
    assert [offer.id for offer in book.suggest(embed(ask), ask, ask)] == ["o-4200", "o-4201", "o-4202"]
    assert fault(write(offers(10_001))) == "shop.yaml:10403:3: offers: more than 10000 offers"
