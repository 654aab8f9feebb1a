"""The proof under load and fault: real hubs, brokers and databases on this machine, and what they hold.

    .venv/bin/python -m benchmarks.proof [--short] [--only NAME ...] [--json FILE]

Each scenario starts servers of its own and ends them. The table goes to standard error, figures as JSON to FILE. The
full form takes most of an hour and wants a machine that does nothing else; the short one, some minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.proof import faults, hurt, page, soak
from benchmarks.proof.figures import Shown, table
from benchmarks.proof.kills import kill_agents, kill_hub, kill_postgres, kill_redis, kills
from benchmarks.proof.load import LATEST, WARM_UP, load
from benchmarks.proof.rig import Plan, Rig
from voiceassist import __version__
from voiceassist.bench import machine

USUAL = {"seconds": 60.0, "minutes": 20.0, "agents": 500, "most": LATEST, "hours": 4.0, "kills": 20}
"""What is measured unless it is said otherwise: seconds of load, minutes and hours of a soak, milliseconds, kills."""

Scenario = Callable[[argparse.Namespace], Coroutine[None, None, Shown]]


def scenarios() -> dict[str, Scenario]:
    """All of them by name, in the order in which they run."""

    def working(name: str, plan: Plan) -> Scenario:
        def run(o: argparse.Namespace) -> Coroutine[None, None, Shown]:
            seconds, warm_up = (10.0, 3.0) if o.short else (o.seconds, WARM_UP)
            return load(replace(plan, agents=o.agents), seconds=seconds, warm_up=warm_up, name=name, latest=o.most)

        return run

    def killing(name: str, plan: Plan, kill: Callable[[Rig, int], Coroutine[None, None, float]]) -> Scenario:
        return lambda o: kills(name, plan, _count(o), kill)

    one, three = Plan(), Plan(hubs=3, redis=True)
    return {
        "load": working("load", Plan()),
        "load-redis-sqlite": working("load-redis-sqlite", Plan(hubs=3, redis=True)),
        "load-redis-postgres": working("load-redis-postgres", Plan(hubs=3, redis=True, postgres=True)),
        "kill-hub": killing("kill-hub", one, kill_hub),
        "kill-one-of-three": killing("kill-one-of-three", three, kill_hub),
        "kill-redis": killing("kill-redis", three, kill_redis),
        "kill-postgres": killing("kill-postgres", Plan(postgres=True), kill_postgres),
        "kill-agent": lambda o: kill_agents("kill-agent", _count(o)),
        "stalled-reader": lambda o: hurt.hurt("stalled-reader", hurt.stalled, short=o.short),
        "slow-reader": lambda o: hurt.hurt("slow-reader", hurt.slow, short=o.short),
        "idle-sockets": lambda o: hurt.hurt("idle-sockets", hurt.idle(1_000 if o.short else 10_000), short=o.short),
        "flood": lambda o: hurt.hurt("flood", hurt.flood, short=o.short),
        "disk-full": lambda o: faults.disk_full("disk-full", short=o.short),
        "clock-jump": lambda o: faults.clock_jump("clock-jump", short=o.short),
        "soak-fast": lambda o: soak.fast("soak-fast", hours=0.05 if o.short else o.hours),
        "soak-real": lambda o: soak.real("soak-real", minutes=0.25 if o.short else o.minutes),
    }


def _count(options: argparse.Namespace) -> int:
    return 2 if options.short else options.kills


def main() -> int:
    """Run them; 1 where something does not hold."""
    known = scenarios()
    options = _options([*known])
    documents: list[dict[str, object]] = []
    for name in options.only or known:
        command = _command(name, options)
        shown = asyncio.run(known[name](options))
        print(table(shown, command), file=sys.stderr, flush=True)
        documents.append(shown.document(command))
    found = {
        "bench": "proof",
        "version": __version__,
        "machine": machine.describe(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "scenarios": documents,
    }
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if options.page is not None:
        page.write(options.page, found)
    return not all(document["holds"] for document in documents)


def _command(name: str, options: argparse.Namespace) -> str:
    """The command that makes the same figures."""
    set_ = [f"--{key} {getattr(options, key):g}" for key, usual in USUAL.items() if getattr(options, key) != usual]
    return " ".join(["python -m benchmarks.proof --only", name, *(["--short"] if options.short else []), *set_])


def _options(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.proof", description="What the hub holds under load and fault.")
    parser.add_argument("--short", action="store_true", help="two kills of each, and less of everything")
    parser.add_argument("--only", nargs="*", default=[], choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--seconds", type=float, default=USUAL["seconds"], help="how long a load is measured")
    parser.add_argument("--minutes", type=float, default=USUAL["minutes"], help="how long the soak lasts at real pace")
    parser.add_argument("--agents", type=int, default=USUAL["agents"], help="how many agents work under load")
    parser.add_argument(
        "--most", type=float, default=USUAL["most"], help="milliseconds that a board may be late under load"
    )
    parser.add_argument("--hours", type=float, default=USUAL["hours"], help="how much the soak at fast pace publishes")
    parser.add_argument("--kills", type=int, default=USUAL["kills"], help="how often each is killed")
    parser.add_argument("--page", type=Path, help="page whose figures are replaced, such as docs/explanation/proof.md")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
