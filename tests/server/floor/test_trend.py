"""A team's trend: of the whole team, for its supervisors, and only where there is enough to tell."""

from floor.told import ended, moment, started
from server.floor.conftest import Town

from voiceassist.report.statistics import LEAST
from voiceassist.server import messages as wire


async def play(town: Town, noes: int) -> None:
    """One call of ada's with so many noes: each other one is mended after two seconds."""
    async with town.connect("ada") as machine:
        seq = 1
        await machine.publish(started())
        for number in range(noes):
            id_, began = f"c-m{number}", 10.0 * number
            mended = number % 2 == 0
            parts = wire.Parts(reason=mended, alternative=mended)
            await machine.publish(
                moment(seq + 1, id_=id_, at=began),
                moment(seq + 2, "repaired" if mended else "expired", id_=id_, at=began + 2, parts=parts),
            )
            seq += 2
        await machine.publish(ended(seq + 1))
        await machine.acked("c", seq + 1)


async def test_a_team_with_enough_noes_is_shown_day_by_day(town: Town):
    await play(town, LEAST)
    async with town.http("sam") as client:
        found = (await client.get("/api/floor/trend", params={"team": "Refunds", "days": 7})).json()
    assert found["n"] == LEAST
    [point] = found["points"]
    assert (point["calls"], point["noes"], point["unrepaired"]) == (1, LEAST, LEAST // 2)
    assert point["repair_seconds_p50"] == 2.0


async def test_of_too_few_noes_nothing_is_told(town: Town):
    await play(town, LEAST - 1)
    async with town.http("sam") as client:
        found = (await client.get("/api/floor/trend", params={"team": "Refunds"})).json()
    assert (found["n"], found["points"]) == (LEAST - 1, [])


async def test_another_teams_trend_is_not_shown(town: Town):
    async with town.http("kim") as client:
        assert (await client.get("/api/floor/trend", params={"team": "Refunds"})).status_code == 403
    async with town.http("ada") as client:
        assert (await client.get("/api/floor/trend", params={"team": "Refunds"})).status_code == 403
    async with town.http("root") as client:
        assert (await client.get("/api/floor/trend", params={"team": "Refunds"})).status_code == 200
        assert (await client.get("/api/floor/trend", params={"team": "Refunds", "days": 9999})).status_code == 422
