"""`python -m voiceassist`."""

from voiceassist.cli import main

main()
