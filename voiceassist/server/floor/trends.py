"""How the noes of a team went over the last days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from voiceassist.accounts.visitor import not_yours
from voiceassist.report.trend import Trend, trend
from voiceassist.server.failures import problems
from voiceassist.server.floor.visits import Asked, house_of
from voiceassist.store.outcomes import begun, outcomes
from voiceassist.store.search import Scope, Wanted

ROUTES = APIRouter(tags=["calls"], responses=problems(401, 422, 503))


class TrendQuery(BaseModel, frozen=True, extra="forbid"):
    """Which team, and how many days up to today."""

    team: Annotated[str, Field(min_length=1, max_length=200)]
    days: Annotated[int, Field(ge=1, le=365)] = 30


@ROUTES.get("/api/floor/trend")
def team_trend(query: Annotated[TrendQuery, Query()], visitor: Asked, request: Request) -> Trend:
    """How the noes of a team went, day by day; for its supervisors."""
    if not visitor.may_supervise(query.team):
        raise not_yours()
    store = house_of(request).store
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = Wanted(since=today - timedelta(days=query.days - 1), team=query.team)
    scope = Scope(teams=frozenset({query.team}))
    calls = {call: at.astimezone().date() for call, at in begun(store, wanted, scope)}
    return trend(calls, (no for no in outcomes(store, wanted, scope) if no.call in calls))
