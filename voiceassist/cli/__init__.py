"""The command line. Only this room prints; every error becomes one line on standard error."""

from voiceassist.cli.root import cli, main

__all__ = ["cli", "main"]
