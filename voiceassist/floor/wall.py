"""The wall: the cards of all agents, and what changed on them since it was last told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from voiceassist.floor.card import AgentCard
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire

AWAY = timedelta(minutes=10)
"""How long an agent that has left stays on the wall."""


class Wall:
    """Folds what all agents publish. Nothing here waits or looks at a clock."""

    def __init__(self) -> None:
        self._cards: dict[str, AgentCard] = {}
        self._changed: set[str] = set()
        self._gone: dict[str, str] = {}

    @property
    def changed(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._changed or self._gone)

    def receive(self, member: Member, message: wire.CallEvent, now: datetime) -> None:
        """The next message of a call of this agent."""
        if self._card(member, now).receive(message, now):
            self._changed.add(member.user)

    def present(self, members: Iterable[Member], now: datetime) -> None:
        """Exactly these agents can be reached now."""
        here = {member.user: member for member in members}
        for member in here.values():
            card = self._cards.get(member.user)
            if card is None or card.call is None:  # it stays where its call began
                card = self._card(member, now)
            if not card.here:
                card.arrive(now, here=True)
                self._changed.add(member.user)
        for user, card in tuple(self._cards.items()):
            if user in here:
                continue
            if card.here:
                card.arrive(now, here=False)
                self._changed.add(user)
            elif now - card.since > AWAY:
                del self._cards[user]
                self._changed.discard(user)
                self._gone[user] = card.member.team

    def forget(self, call: str, now: datetime) -> None:
        """Show nothing more of this call."""
        self._changed.update(user for user, card in self._cards.items() if card.forget(call, now))

    def whole(self, teams: Collection[str] | None) -> tuple[wire.TeamCards, ...]:
        """All cards of these teams; None: of all teams."""
        return _by_team(card for card in self._cards.values() if teams is None or card.member.team in teams)

    def change(self, user: str) -> tuple[wire.TeamCards, ...]:
        """What changed of this agent's card since it was last asked."""
        if user not in self._changed:
            return ()
        self._changed.discard(user)
        return _by_team([self._cards[user]])

    def changes(self) -> tuple[wire.TeamCards, ...]:
        """What changed since this was last asked, by team."""
        shown = {cards.team: cards for cards in _by_team(self._cards[user] for user in self._changed)}
        for user, team in self._gone.items():
            cards = shown.get(team) or wire.TeamCards(team=team)
            shown[team] = cards.model_copy(update={"gone": (*cards.gone, user)})
        self._changed.clear()
        self._gone.clear()
        return tuple(shown.values())

    def find(self, user: str) -> AgentCard | None:
        """The card of an agent."""
        return self._cards.get(user)

    def _card(self, member: Member, now: datetime) -> AgentCard:
        card = self._cards.get(member.user)
        if card is None:
            card = self._cards[member.user] = AgentCard(member, now)
            self._gone.pop(member.user, None)
        elif card.member != member:
            if card.member.team != member.team:
                self._gone[member.user] = card.member.team
            card.member = member
            self._changed.add(member.user)
        return card


def _by_team(cards: Iterable[AgentCard]) -> tuple[wire.TeamCards, ...]:
    teams: dict[str, list[wire.Card]] = {}
    for card in cards:
        teams.setdefault(card.member.team, []).append(card.show())
    return tuple(wire.TeamCards(team=team, cards=tuple(shown)) for team, shown in sorted(teams.items()))
