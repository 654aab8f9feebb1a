"""What the hub's web app stands on: the parts that its routes and connections share."""

from __future__ import annotations

from dataclasses import dataclass

from voiceassist.accounts.audit import Audit
from voiceassist.accounts.door import Door
from voiceassist.accounts.office import Office
from voiceassist.accounts.oidc import Provider
from voiceassist.floor.floor import Floor
from voiceassist.floor.intake import Intake
from voiceassist.floor.switchboard import Switchboard
from voiceassist.server import messages as wire
from voiceassist.store.database import Store


@dataclass(frozen=True, slots=True)
class House:
    """One process of the hub. `hello`: what each client is told; `provider`: who vouches for users, if anybody."""

    store: Store
    door: Door
    office: Office
    audit: Audit
    floor: Floor
    intake: Intake
    hello: wire.Hello
    switchboard: Switchboard
    provider: Provider | None = None
