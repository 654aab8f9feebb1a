"""The bus through Redis while Redis is killed, frozen, emptied, or made to forget."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from bus.reading import Following, read, read_until, until
from needs import ROOT
from redis.asyncio import Redis
from redis.exceptions import RedisError
from redis_server import RedisServer

from voiceassist.bus import choose
from voiceassist.bus.appends import Packed
from voiceassist.bus.base import Entry, Gap
from voiceassist.bus.position import Position
from voiceassist.bus.redis_streams import Limits, RedisBus
from voiceassist.bus.stream import COUNT, Row, Stream
from voiceassist.errors import BusError

QUICK = Limits(gather=0.001, beat=0.05, patience=0.3, pause=0.05)
STREAM = "voiceassist:bus:1"
Make = Callable[..., Awaitable[RedisBus]]

# Appends numbers and says which have been confirmed, until somebody kills it.
WRITER = """
import asyncio, itertools, sys
from voiceassist.bus.redis_streams import RedisBus

async def main():
    bus = await RedisBus.open(sys.argv[1])
    for number in itertools.count():
        await bus.append("events", [str(number)])
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
async def make(redis: RedisServer) -> AsyncIterator[Make]:
    """Makes a process's view of the bus."""
    buses: list[RedisBus] = []

    async def open_one(limits: Limits = QUICK) -> RedisBus:
        buses.append(await RedisBus.open(redis.url, limits=limits))
        return buses[-1]

    yield open_one
    for bus in buses:
        await bus.aclose()


@pytest.fixture
async def admin(redis: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis.url, protocol=2) as client:
        yield client


async def restart(redis: RedisServer) -> None:
    await asyncio.to_thread(redis.start)


async def begin(bus: RedisBus) -> Following:
    """A follower that has its line: what it hears from now on it hears by being woken."""
    follower = bus.follow(await bus.head())
    await bus.append("events", ['"begin"'])
    assert await read(follower, 1) == ['"begin"']
    return follower


async def test_a_redis_killed_in_mid_stream_loses_nothing_that_it_confirmed(redis: RedisServer, make: Make) -> None:
    writers = [await make() for _ in range(2)]
    confirmed = [0, 0]
    enough = asyncio.Event()

    async def write(writer: int) -> None:
        number = 0
        while not enough.is_set():
            await asyncio.gather(
                *(writers[writer].append("events", [f'"{writer} {n}"']) for n in range(number, number + 5))
            )
            confirmed[writer] = number = number + 5

    async with aclosing(await begin(await make())) as follower, asyncio.TaskGroup() as group:
        reading = group.create_task(read_until(follower, '"end"'))
        writing = [group.create_task(write(writer)) for writer in range(2)]
        for _ in range(2):
            before = min(confirmed)
            await until(lambda before=before: min(confirmed) > before + 50)
            redis.kill()
            await restart(redis)
        before = min(confirmed)
        await until(lambda: min(confirmed) > before + 50)
        enough.set()
        await asyncio.wait(writing)
        await writers[0].append("events", ['"end"'])
        heard, gaps = await reading
    assert gaps == 0
    for writer in range(2):
        mine = [int(text.strip('"').split()[1]) for text in heard if text.startswith(f'"{writer} ')]
        assert mine == list(range(confirmed[writer]))


async def test_a_killed_process_loses_nothing_that_was_confirmed(redis: RedisServer, make: Make) -> None:
    bus = await make()
    head = await bus.head()
    command = [sys.executable, "-c", WRITER, redis.url]
    writer = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert writer.stdout is not None
    await writer.stdout.readuntil(b"\n20\n")
    writer.kill()
    rest, _ = await writer.communicate()
    confirmed = 21 + rest.count(b"\n")
    async with aclosing(bus.follow(head)) as follower:
        assert await read(follower, confirmed) == [f"{number}" for number in range(confirmed)]


async def test_appends_wait_while_redis_is_away(redis: RedisServer, make: Make) -> None:
    bus = await make()
    async with aclosing(await begin(bus)) as follower:
        redis.kill()
        appending = [asyncio.create_task(bus.append("events", [f"{number}"])) for number in range(50)]
        refused = f"Redis at 127.0.0.1:{redis.port} cannot be reached: Connection refused"
        await until(lambda: str(bus.trouble) == refused)
        assert not any(task.done() for task in appending)
        await restart(redis)
        await asyncio.gather(*appending)
        assert await read(follower, 50) == [f"{number}" for number in range(50)]
        await until(lambda: bus.trouble is None)


async def test_a_redis_that_comes_back_empty_is_a_gap(redis: RedisServer, make: Make) -> None:
    bus = await make()
    async with aclosing(await begin(bus)) as follower:
        redis.kill()
        redis.empty()
        await restart(redis)
        assert isinstance(await anext(follower), Gap)
        await bus.append("events", ["1"])
        assert await read(follower, 1) == ["1"]


@pytest.mark.parametrize("behind", [False, True], ids=["the reader was ahead", "the reader was behind"])
async def test_a_redis_that_forgot_its_last_second_is_a_gap(
    redis: RedisServer, make: Make, tmp_path: Path, *, behind: bool
) -> None:
    bus = await make()
    async with aclosing(await begin(bus)) as follower:
        shutil.copytree(tmp_path / "data", tmp_path / "before")
        await bus.append("events", ['"lost"'])
        if not behind:
            assert await read(follower, 1) == ['"lost"']
        next_ = None if behind else asyncio.ensure_future(anext(follower))
        await asyncio.sleep(0)
        redis.kill()
        redis.empty()
        shutil.copytree(tmp_path / "before", tmp_path / "data")
        await restart(redis)
        await bus.append("events", ['"next"'])
        # The gap comes in place of what is lost; what was just before it may not be in the store yet.
        assert isinstance(await (next_ or anext(follower)), Gap)
        assert await read(follower, 2) == ['"begin"', '"next"']
        await bus.append("events", ["1"])
        assert await read(follower, 1) == ["1"]


async def test_a_redis_that_is_emptied_under_way_is_no_reason_to_wait(make: Make, admin: Redis) -> None:
    bus = await make()
    async with aclosing(await begin(bus)) as follower:
        await admin.flushall()
        await bus.append("events", ["1"])
        texts, gaps = await read_until(follower, "1")
        assert (texts[-1], gaps <= 1) == ("1", True)


async def test_a_stream_that_began_anew_in_the_past_is_a_gap(make: Make, admin: Redis) -> None:
    """The clock of Redis was set back: a reader with a cursor of the future would wait for ever."""
    bus = await make()
    async with aclosing(await begin(bus)) as follower:
        await admin.xadd(STREAM, {"of": "another"}, id="99999999999999-0")
        await bus.append("events", ["1"])
        assert await read(follower, 1) == ["1"]
        await admin.delete(STREAM)
        await bus.append("events", ["2"])
        assert isinstance(await anext(follower), Gap)
        assert await read(follower, 1) == ["2"]


async def test_what_is_old_is_trimmed_and_a_quiet_stream_forgotten(make: Make, admin: Redis) -> None:
    bus = await make(replace(QUICK, keep=0.3))
    async with aclosing(await begin(bus)) as follower:
        first = (await bus.head()).encode()
        count = 0
        while await admin.xrange(STREAM, first, first):
            await bus.append("events", ['"more"'])
            count += 1
            await asyncio.sleep(0.02)
        assert count < 50  # one by one, not by the hundred
        while await admin.exists(STREAM):
            await asyncio.sleep(0.01)
        await bus.append("events", ['"last"'])
        assert await read_until(follower, '"last"') == (['"last"'], 1)


async def test_entries_that_were_seen_and_trimmed_are_not_missing(make: Make, admin: Redis) -> None:
    bus = await make()
    await bus.append("events", ["1"])
    stream = Stream(admin, STREAM, 100, 60.0)
    head = await bus.head()
    assert await stream.read(head, wait=0.0) == []
    await admin.xtrim(STREAM, maxlen=0, approximate=False)
    assert await stream.read(head, wait=0.0) == []
    await bus.append("events", ["2"])
    assert await stream.read(head, wait=0.0) is None  # who knows whether there was another one


async def test_a_batch_is_put_in_whole_or_not_at_all(make: Make, admin: Redis) -> None:
    await make()
    await admin.config_set("proto-max-bulk-len", 1 << 20)
    stream = Stream(admin, STREAM, 100, 60.0)
    small = Packed(1, "events", b"1")
    with pytest.raises(RedisError):
        await stream.put("origin", [small, Packed(2, "alert", b"2" * (1 << 21))])
    assert await admin.xlen(STREAM) == 0
    await stream.put("origin", [small])
    assert await admin.xlen(STREAM) == 1


def test_who_lags_behind_asks_whether_all_is_there() -> None:
    position = Position("1-0")
    assert not position.sure
    for rows, sure in ((1, True), (3, True), (COUNT, False), (COUNT - 1, True), (0, False), (0, True)):
        position.take([Row("2-0", None)] * rows)
        assert position.sure is sure


@pytest.mark.parametrize("fault", ["frozen", "paused"])
async def test_a_redis_that_does_not_answer_is_found_out(
    redis: RedisServer, make: Make, admin: Redis, fault: str
) -> None:
    bus, other = await make(), await make()
    async with aclosing(await begin(other)) as follower:
        waiting = asyncio.create_task(read(follower, 40))
        if fault == "frozen":
            redis.freeze()
        else:
            await admin.client_pause(60_000, all=False)  # no writes
        appending = [asyncio.create_task(bus.append("events", [f"{number}"])) for number in range(40)]
        await until(lambda: bus.trouble)
        assert str(bus.trouble) == f"Redis at 127.0.0.1:{redis.port} does not answer"
        if fault == "frozen":
            await until(lambda: other.trouble)
        assert not waiting.done()
        if fault == "frozen":
            redis.thaw()
        else:
            await admin.client_unpause()
        await asyncio.gather(*appending)
        # Redis reads what came before its silence, too: the same entries twice, but each is heard once.
        assert await waiting == [f"{number}" for number in range(40)]
        assert await admin.xlen(STREAM) > 2 or fault == "paused"
        await bus.append("events", ["40"])
        assert await read(follower, 1) == ["40"]


async def test_a_redis_without_room_is_waited_for(redis: RedisServer, make: Make, admin: Redis) -> None:
    bus = await make()
    async with aclosing(await begin(bus)) as follower:
        await admin.config_set("maxmemory", 1)
        appending = [asyncio.create_task(bus.append("events", [f"{number}"])) for number in range(5)]
        await until(lambda: bus.trouble)
        assert str(bus.trouble) == f"Redis at 127.0.0.1:{redis.port} is out of memory"
        await admin.config_set("maxmemory", 0)
        await asyncio.gather(*appending)
        assert await read(follower, 5) == [f"{number}" for number in range(5)]


async def test_a_key_of_another_kind_is_told(redis: RedisServer, make: Make, admin: Redis) -> None:
    bus = await make()
    await admin.set(STREAM, "a text")
    appending = asyncio.create_task(bus.append("events", ['"said in confidence"']))
    await until(lambda: bus.trouble)
    assert str(bus.trouble) == f"Redis at 127.0.0.1:{redis.port} keeps something else under the name of the stream"
    with pytest.raises(BusError, match="something else"):
        await bus.head()
    await admin.delete(STREAM)
    await appending


async def test_only_so_much_may_wait(redis: RedisServer, make: Make) -> None:
    bus = await make(replace(QUICK, room=100))
    async with aclosing(await begin(bus)) as follower:
        redis.kill()
        appending = [asyncio.create_task(bus.append("events", ["1" * 60]))]
        await until(lambda: bus.trouble)  # it is on its way, and waits no more in the queue
        appending.append(asyncio.create_task(bus.append("events", ["2" * 60])))
        await asyncio.sleep(0)
        with pytest.raises(BusError) as caught:
            await bus.append("events", ["3" * 60])
        assert caught.value.code == "bus-full"
        await restart(redis)
        await asyncio.gather(*appending)
        await bus.append("events", ["4" * 60])
        assert await read(follower, 3) == ["1" * 60, "2" * 60, "4" * 60]


async def test_closing_gives_up_what_waits(redis: RedisServer, make: Make) -> None:
    bus = await make()
    following = asyncio.create_task(read_until(bus.follow(), '"never"'))
    redis.kill()
    sent = asyncio.create_task(bus.append("events", ["1"]))
    await until(lambda: bus.trouble)
    queued = asyncio.create_task(bus.append("events", ["2"]))
    await asyncio.sleep(0)
    await bus.aclose()
    for task in (sent, queued):
        with pytest.raises(BusError, match="the bus is closed"):
            await task
    with pytest.raises(StopAsyncIteration):
        await following
    with pytest.raises(BusError):
        await bus.head()


async def test_closing_waits_for_nobody_who_does_not_answer(redis: RedisServer, make: Make) -> None:
    bus = await make(Limits(patience=600.0))
    redis.kill()
    with socket.socket() as deaf, socket.socket() as first:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind(("127.0.0.1", redis.port))
        deaf.listen(0)
        first.connect(deaf.getsockname())  # the one that may wait to be accepted: nobody else gets an answer
        following = asyncio.create_task(read_until(bus.follow(), '"never"'))
        await until(lambda: bus.trouble and bus._reads)  # the old line is known to be dead: it waits for a new one
        appending = asyncio.create_task(bus.append("events", ["1"]))
        await asyncio.sleep(0)
        await bus.aclose()
        with pytest.raises(StopAsyncIteration):
            await following
        with pytest.raises(BusError):
            await appending


async def test_entries_of_others_in_the_stream_are_passed_over(make: Make, admin: Redis) -> None:
    bus = await make()
    async with aclosing(await begin(bus)) as follower:
        for number in range(250):
            await admin.xadd(STREAM, {"kind": "events", "number": number})
        await admin.xadd(STREAM, {"kind": b"\xff", "origin": "o", "number": 1, "texts": "1"})
        await admin.xadd(STREAM, {"kind": "events", "origin": "o", "number": "one", "texts": "1"})
        await bus.append("events", ["1"])
        assert await read(follower, 1) == ["1"]


# --- what a user reads ------------------------------------------------------------------------------------------------

SECRET = "hunter2/hunter2"


async def refusal(url: str) -> str:
    with pytest.raises(BusError) as caught:
        await RedisBus.open(url, limits=QUICK)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert "hunter" not in shown
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "url", [f"redis://me:{SECRET}@127.0.0.1:1", "redis://127.0.0.1:port", "http://127.0.0.1", "redis://[::1"]
)
async def test_a_url_that_is_none_is_told_without_repeating_it(url: str) -> None:
    assert (await refusal(url)).startswith("bus.url is no address of a Redis: ")


async def test_a_redis_that_is_not_there_is_told(redis: RedisServer) -> None:
    redis.stop()
    said = await refusal(f"redis://:hunter2@127.0.0.1:{redis.port}/0")
    assert said == f"Redis at 127.0.0.1:{redis.port} cannot be reached: Connection refused; see bus.url"
    said = await refusal("redis://:hunter2@no-such-host.invalid")
    assert said == "Redis at no-such-host.invalid:6379 cannot be reached: nobody knows that name; see bus.url"


async def test_a_redis_that_does_not_let_us_in_is_told(redis: RedisServer, admin: Redis) -> None:
    await admin.config_set("requirepass", "right")
    for user in ("", ":hunter2@", "hunter:hunter2@"):
        said = await refusal(f"redis://{user}127.0.0.1:{redis.port}")
        assert said == f"Redis at 127.0.0.1:{redis.port} refuses the user or the password; see bus.url"
    bus = await RedisBus.open(f"redis://:right@127.0.0.1:{redis.port}", limits=QUICK)
    await bus.append("events", ["1"])
    await bus.aclose()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--replicaof", "127.0.0.1", "1"], "is a replica that takes no entries"),
        (["--user", "default", "on", "nopass", "~*", "+@all", "-xtrim"], "does not permit this user"),
        (["--rename-command", "XTRIM", ""], "refuses a command; it must be Redis 6.2 or later"),
    ],
)
async def test_a_redis_that_cannot_be_used_is_told(tmp_path: Path, options: list[str], words: str) -> None:
    server = RedisServer(tmp_path / "other", options)
    server.start()
    try:
        assert words in await refusal(server.url)
    finally:
        server.stop()


async def test_tls_is_spoken_and_checked(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    files = ("cert-file", "cert.pem"), ("key-file", "key.pem"), ("ca-cert-file", "ca.pem")
    options = [part for name, file in files for part in (f"--tls-{name}", str(tmp_path / file))]
    server = RedisServer(tmp_path / "data", ["--tls-auth-clients", "no", *options], tls=True)
    server.start()
    try:
        bus = await RedisBus.open(f"{server.url}?ssl_ca_certs={tmp_path / 'ca.pem'}", limits=QUICK)
        async with aclosing(await begin(bus)) as follower:
            await bus.append("events", ["1"])
            assert await read(follower, 1) == ["1"]
        await bus.aclose()
        assert "has a certificate that does not hold" in await refusal(server.url)
    finally:
        server.stop()


async def test_without_its_library_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    for name in [name for name in sys.modules if name.startswith(("redis.", "voiceassist.bus.redis"))]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(BusError, match=r"pip install 'voiceassist\[redis\]'"):
        await choose.open_bus("redis://127.0.0.1")


async def test_the_url_chooses_the_bus(redis: RedisServer) -> None:
    buses = [await choose.open_bus(""), await choose.open_bus(redis.url), await choose.open_bus(redis.url)]
    heads = [await bus.head() for bus in buses]
    await buses[1].append("events", ["1"])
    async with aclosing(buses[2].follow(heads[2])) as follower:
        assert await read(follower, 1) == ["1"]
    async with aclosing(buses[0].follow(heads[0])) as follower:
        await buses[0].append("events", ["2"])
        entry = await anext(follower)
        assert isinstance(entry, Entry)
        assert entry.texts == ("2",)
    for bus in buses:
        await bus.aclose()
