"""Whisper weights on this machine: what there is on the hub, what of it is here, and how it gets here."""
