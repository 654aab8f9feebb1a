"""Playbooks as files: read, checked, embedded, watched, and filled from spreadsheets."""

from voiceassist.playbooks.book import as_of, bundled, find, load, read, sources
from voiceassist.playbooks.lint import remarks
from voiceassist.playbooks.offers_csv import Imported, import_offers
from voiceassist.playbooks.watch import Watch

__all__ = ["Imported", "Watch", "as_of", "bundled", "find", "import_offers", "load", "read", "remarks", "sources"]
