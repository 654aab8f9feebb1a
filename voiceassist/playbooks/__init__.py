"""Playbooks as files: read, checked, embedded, watched, and filled from spreadsheets."""

from voiceassist.playbooks.book import as_of, bundled, find, load, read, sources
from voiceassist.playbooks.lint import remarks
from voiceassist.playbooks.offers_csv import Imported, import_offers
from voiceassist.playbooks.proposed import Added, add_offer, check_offer
from voiceassist.playbooks.watch import Watch

__all__ = [
    "Added",
    "Imported",
    "Watch",
    "add_offer",
    "as_of",
    "bundled",
    "check_offer",
    "find",
    "import_offers",
    "load",
    "read",
    "remarks",
    "sources",
]
