"""What the hub's web app stands on: the parts that its routes and connections share."""

from __future__ import annotations

from dataclasses import dataclass

from voiceassist.accounts.accounts import Accounts
from voiceassist.floor.floor import Floor
from voiceassist.floor.intake import Intake
from voiceassist.server import messages as wire
from voiceassist.store.database import Store


@dataclass(frozen=True, slots=True)
class House:
    """One process of the hub. `hello`: what each client is told of it."""

    accounts: Accounts
    store: Store
    floor: Floor
    intake: Intake
    hello: wire.Hello
