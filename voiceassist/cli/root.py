"""The command line's root: its commands, and how each of them ends."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, cast

import typer

from voiceassist import __version__
from voiceassist.cli import (
    backups,
    calls,
    coaching,
    hub,
    keeping,
    lines,
    machine,
    measure,
    models,
    offers,
    practice,
    records,
    users,
)
from voiceassist.cli.common import INTERRUPTED
from voiceassist.cli.output import ReaderGoneError, fail, out
from voiceassist.errors import VoiceassistError

# Everything that the parser refuses; Typer exports only this subclass of it.
_BadUsage = next(
    base for base in typer.BadParameter.__mro__ if issubclass(base, Exception) and base.__name__ == "ClickException"
)

cli = typer.Typer(
    name="voiceassist",
    help="Hears a bare no on a live call and shows the agent how to say it well.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(shown: bool) -> None:  # noqa: FBT001 - the parser calls it so
    if shown:
        out(f"voiceassist {__version__}")
        raise typer.Exit


@cli.callback()
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_print_version)] = False,
) -> None:
    pass


for command in (calls.demo, calls.listen, machine.check, calls.replay, lines.classify, machine.devices):
    cli.command()(command)
cli.command("doctor")(machine.check_up)
cli.command("serve")(hub.serve)
cli.command("worker")(hub.worker)
cli.command("join")(hub.join)
cli.command("backup")(backups.backup)
cli.command("restore")(backups.restore)
cli.command("calls")(records.calls)
cli.command("report")(records.report)
cli.command("noes")(records.noes)
cli.command("export")(keeping.export)
cli.command("purge")(keeping.purge)
cli.command("journal")(records.journal)
cli.command("practice")(practice.practice)
cli.add_typer(models.models, name="models")
cli.add_typer(measure.measure, name="bench")
for command in (offers.propose, offers.proposed, offers.approve):
    coaching.playbook.command()(command)
cli.add_typer(coaching.playbook, name="playbook")
cli.add_typer(users.user, name="user")


def main() -> None:
    """Run the command line and leave with the exit code that the manual promises."""
    command = typer.main.get_command(cli)
    try:
        code = command.main(prog_name="voiceassist", standalone_mode=False)
    except VoiceassistError as error:
        fail(error.code, str(error))
    except _BadUsage as error:
        # Where a command of commands stands alone its help was just shown, and nothing else is said.
        said: str = cast("Any", error).format_message() or "Name one of these commands"
        fail("usage", f"{said.rstrip('.')}. See voiceassist --help.")
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except ReaderGoneError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more can be written, also at exit
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
