"""What every test goes by."""

from __future__ import annotations

from hypothesis import settings

# The machine is shared: how long an example takes says nothing.
settings.register_profile("voiceassist", deadline=None)
settings.load_profile("voiceassist")
