"""Publishing to a real WebSocket server: whatever breaks, each event counts once, in the order of its call."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uplink.scripted_hub import (
    LISTENING,
    QUICK,
    STEADY,
    Fault,
    Script,
    ScriptedHub,
    Tokens,
    emptied,
    publishing,
    put,
    said,
)

from voiceassist.server import messages as wire
from voiceassist.server.codec import dump
from voiceassist.uplink.link import LinkState, Patience
from voiceassist.uplink.outbox import Outbox


def everything(hub: ScriptedHub, wanted: dict[str, int]) -> bool:
    return hub.got.seqs == {call: list(range(1, count + 1)) for call, count in wanted.items()}


async def test_events_arrive_in_order_and_leave_the_outbox(hub: ScriptedHub, outbox: Outbox) -> None:
    put(outbox, *(said("a", n) for n in range(1, 601)))
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: everything(hub, {"a": 600}))
        put(outbox, said("b", 1), said("a", 601), said("b", 2))
        await hub.until(lambda: everything(hub, {"a": 601, "b": 2}))
        await emptied(outbox)
        assert heard.states == [LinkState.CONNECTING, LinkState.CONNECTED]
    assert set(hub.got.came.values()) == {1}


async def test_at_most_256_are_under_way(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.scripts = [Script(Fault.NEVER_ACK)]
    put(outbox, *(said("a", n) for n in range(1, 401)))
    async with publishing(hub, outbox, STEADY):
        await hub.until(lambda: everything(hub, {"a": 256}))
        await hub.tell(wire.Acked(call="a", seq=100))
        await hub.until(lambda: everything(hub, {"a": 356}))
        await hub.tell(wire.Acked(call="a", seq=356))
        await hub.until(lambda: everything(hub, {"a": 400}))
        assert set(hub.got.came.values()) == {1}


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.DROP_UNACKED, Fault.CLOSE, Fault.NOISE, Fault.OLD_ACKS])
async def test_a_line_that_breaks_loses_nothing(hub: ScriptedHub, outbox: Outbox, fault: Fault) -> None:
    hub.scripts = [Script(fault, after) for after in (5, 0, 40)]
    put(outbox, *(said("a", n) for n in range(1, 101)))
    async with publishing(hub, outbox, STEADY):
        await hub.until(lambda: everything(hub, {"a": 100}))
        await emptied(outbox)


@pytest.mark.parametrize(
    ("fault", "patience"), [(Fault.STALL, LISTENING), (Fault.NEVER_ACK, replace(STEADY, answer=0.3))]
)
async def test_a_hub_that_goes_silent_is_left(
    hub: ScriptedHub, outbox: Outbox, fault: Fault, patience: Patience
) -> None:
    hub.scripts = [Script(fault, 3)]
    put(outbox, *(said("a", n) for n in range(1, 101)))
    async with publishing(hub, outbox, patience) as heard:
        await hub.until(lambda: everything(hub, {"a": 100}))
        await emptied(outbox)
        waiting = next(link for link in heard.links if link.state is LinkState.WAITING)
        assert waiting.code == ("hub-silent" if fault is Fault.STALL else "no-answer")
        assert waiting.waiting > 0


async def test_a_reader_that_stops_behind_a_full_buffer_is_left(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.scripts = [Script(Fault.STALL)]
    put(outbox, *(said("a", n, "x" * 50_000) for n in range(1, 201)))  # 10 MB: more than any buffer takes
    async with publishing(hub, outbox, LISTENING) as heard:
        await hub.until(lambda: everything(hub, {"a": 200}))
        assert heard.links[2].code == "hub-silent"


async def test_a_line_without_events_is_watched_too(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.scripts = [Script(Fault.STALL)]
    async with publishing(hub, outbox, LISTENING) as heard:
        await hub.until(lambda: heard.states.count(LinkState.CONNECTED) == 2)
        assert heard.links[2].code == "hub-silent"


async def test_a_hub_that_is_away_is_waited_for(hub: ScriptedHub, outbox: Outbox) -> None:
    await hub.stop()
    put(outbox, said("a", 1))
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: heard.states.count(LinkState.WAITING) >= 3)
        down = [link for link in heard.links if link.state is LinkState.WAITING]
        assert {(link.code, link.waiting, link.since) for link in down} == {("hub-offline", 1, heard.links[0].since)}
        await hub.start()
        await hub.until(lambda: everything(hub, {"a": 1}))
        await hub.stop()
        await hub.until(lambda: heard.states[-1] is LinkState.WAITING)
        assert heard.links[-1].since > down[0].since


async def test_a_hub_killed_again_and_again(hub: ScriptedHub, outbox: Outbox) -> None:
    async with publishing(hub, outbox, STEADY):
        for turn in range(10):
            put(outbox, *(said("a", n) for n in range(20 * turn + 1, 20 * turn + 21)))
            await hub.until(lambda: bool(hub.connections))
            await hub.stop()
            await hub.start()
        await hub.until(lambda: everything(hub, {"a": 200}))


# --- who may --------------------------------------------------------------------------------------------------------


async def test_a_session_that_is_over_is_followed_by_another(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.scripts = [Script(Fault.VIOLATION, 1), Script(Fault.VIOLATION, 1)]
    put(outbox, said("a", 1))
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: everything(hub, {"a": 1}))
        put(outbox, said("a", 2))
        await hub.until(lambda: everything(hub, {"a": 2}))
        put(outbox, said("a", 3))
        await hub.until(lambda: everything(hub, {"a": 3}))
        assert hub.tokens == ["token-1", "token-2", "token-3"]
        assert heard.states == [LinkState.CONNECTING, LinkState.CONNECTED]  # nobody was troubled with it


async def test_a_token_that_is_no_longer_good_is_replaced_at_once(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.scripts = [Script(Fault.DROP, 1)]
    hub.good = lambda token: hub.tokens.count(token) < 2
    put(outbox, said("a", 1))
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: everything(hub, {"a": 1}) and not hub.connections)
        put(outbox, said("a", 2))
        await hub.until(lambda: everything(hub, {"a": 2}))
        assert hub.tokens == ["token-1", "token-1", "token-2"]
        assert LinkState.REFUSED not in heard.states


async def test_a_machine_that_is_shut_out_goes_on_asking(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.good = lambda _: False
    put(outbox, said("a", 1))
    async with publishing(hub, outbox, STEADY, Tokens()) as heard:
        await hub.until(lambda: heard.states.count(LinkState.REFUSED) == 3)
        assert heard.links[-1].code == "unauthorized"
        assert heard.links[-1].reason == "no valid token"
        hub.good = lambda _: True
        await hub.until(lambda: everything(hub, {"a": 1}))


async def test_a_token_that_never_gets_better_is_not_tried_on_and_on(hub: ScriptedHub, outbox: Outbox) -> None:
    class Same(Tokens):
        def forget(self) -> None:
            self.current = "the same"

    hub.good = lambda _: False
    async with publishing(hub, outbox, STEADY, Same(current="the same")) as heard:
        await hub.until(lambda: heard.states.count(LinkState.REFUSED) == 4)
        assert hub.tokens == ["the same"] * 4


async def test_one_who_is_in_no_team_is_told_so(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.scripts = [Script(Fault.VIOLATION, 0, reason="no-team")]
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: LinkState.REFUSED in heard.states)
        assert heard.links[2].code == "no-team"


@pytest.mark.parametrize(
    "greeting", ["{}", "no JSON", dump(wire.Whisper(text="hi")), dump(wire.Error(code="full", message="full"))]
)
async def test_what_does_not_answer_as_a_hub_is_left_and_tried_again(
    hub: ScriptedHub, outbox: Outbox, greeting: str
) -> None:
    hub.scripts = [Script(greeting=(greeting,))]
    put(outbox, said("a", 1))
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: everything(hub, {"a": 1}))
        assert heard.states[1] is LinkState.WAITING
        assert heard.links[1].code in {"hub-odd", "full"}


async def test_another_server_on_the_port_is_left_and_tried_again(hub: ScriptedHub, outbox: Outbox) -> None:
    await hub.stop()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/ws\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    other = await asyncio.start_server(answer, "127.0.0.1", hub.port)
    put(outbox, said("a", 1))
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: heard.states.count(LinkState.WAITING) == 2)
        assert heard.links[-1].reason == f"127.0.0.1:{hub.port} answers 302"  # and went nowhere else
        other.close()
        await other.wait_closed()
        await hub.start()
        await hub.until(lambda: everything(hub, {"a": 1}))


async def test_over_tls(outbox: Outbox) -> None:
    authority, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting, strange = ssl.create_default_context(), ssl.create_default_context()
    authority.configure_trust(trusting)
    put(outbox, said("a", 1))
    async with ScriptedHub(server) as hub:
        async with publishing(hub, outbox, STEADY, tls=strange) as heard:
            await hub.until(lambda: LinkState.REFUSED in heard.states)
            assert heard.links[-1].code == "hub-certificate"
            assert hub.tokens == []
        async with publishing(hub, outbox, LISTENING, tls=trusting) as heard:
            await hub.until(lambda: everything(hub, {"a": 1}))
            hub.connections[-1].transport.pause_reading()
            await hub.until(lambda: heard.states.count(LinkState.CONNECTED) == 2)


async def test_no_proxy_of_the_environment_is_used(
    hub: ScriptedHub, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        put(outbox, said("a", 1))
        async with publishing(hub, outbox, STEADY):
            await hub.until(lambda: everything(hub, {"a": 1}))
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()


# --- messages that are refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["bad-message", "!bad-message", "!close1007", "!close1009"])
async def test_a_message_that_is_refused_does_not_hold_up_the_others(
    hub: ScriptedHub, outbox: Outbox, code: str
) -> None:
    hub.refused = {"bad": code}
    put(outbox, *(said("a", n, "bad" if n in {7, 50} else "good") for n in range(1, 101)))
    async with publishing(hub, outbox, STEADY) as heard:
        wanted = [n for n in range(1, 101) if n not in {7, 50}]
        await hub.until(lambda: hub.got.seqs.get("a") == wanted)
        await emptied(outbox)
    if not code.startswith("!"):  # else the hub may have acknowledged what came behind it, and with that all
        assert heard.links[-1].refused == 2


async def test_the_last_message_may_be_the_one_that_is_refused(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.refused = {"bad": "!bad-message"}
    put(outbox, said("a", 1), said("a", 2, "bad"))
    async with publishing(hub, outbox, STEADY):
        await emptied(outbox)
    assert hub.got.seqs == {"a": [1]}


async def test_what_the_hub_cannot_do_now_is_not_given_up(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.refused = {"later": "store"}
    put(outbox, said("a", 1), said("a", 2, "later"))
    async with publishing(hub, outbox, QUICK) as heard:
        await hub.until(lambda: any(isinstance(message, wire.Error) for message in heard.messages))
        hub.refused = {}
        await hub.until(lambda: everything(hub, {"a": 2}))
        assert heard.links[-1].refused == 0


# --- what the hub says ------------------------------------------------------------------------------------------------


async def test_whispers_and_errors_are_heard(hub: ScriptedHub, outbox: Outbox) -> None:
    async with publishing(hub, outbox, STEADY) as heard:
        await hub.until(lambda: bool(hub.connections))
        await hub.tell(wire.Whisper(call="a", text="offer the voucher", by="Bea"))
        await hub.tell(wire.Error(code="later", message="not now"))
        await hub.until(lambda: len(heard.messages) == 3)
        assert [message.type for message in heard.messages] == ["hello", "whisper", "error"]
        assert heard.messages[1].text == "offer the voucher"


async def test_what_was_never_sent_is_not_taken_for_arrived(hub: ScriptedHub, outbox: Outbox) -> None:
    hub.scripts = [Script(Fault.NEVER_ACK)]
    put(outbox, said("a", 1), said("a", 2))
    async with publishing(hub, outbox, STEADY):
        await hub.until(lambda: everything(hub, {"a": 2}))
        await hub.tell(wire.Acked(call="a", seq=1_000_000))
        await emptied(outbox)
        put(outbox, said("a", 3))
        await hub.until(lambda: everything(hub, {"a": 3}))
        await asyncio.wrap_future(outbox.kept())
        assert outbox.waiting == 1


async def test_nothing_secret_is_logged(hub: ScriptedHub, outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    hub.scripts = [Script(Fault.DROP, 2), Script(Fault.STALL, 1)]
    hub.refused = {"a word in private": "bad-message"}
    put(outbox, said("a", 1), said("a", 2, "a word in private"), said("a", 3, "another word in private"))
    # The hub of this test runs in the same process: what its library notes is none of ours.
    logging.getLogger("websockets.server").setLevel(logging.CRITICAL)
    with caplog.at_level(logging.DEBUG):
        async with publishing(hub, outbox, LISTENING):
            await hub.until(lambda: hub.got.seqs.get("a") == [1, 3])
            await emptied(outbox)
    assert "token-" not in caplog.text
    assert "private" not in caplog.text


# --- whatever happens -------------------------------------------------------------------------------------------------

SCRIPTS = st.builds(Script, st.sampled_from(list(Fault)), st.integers(0, 60), st.integers(1, 40))
CALLS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 30)), max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scripts=st.lists(SCRIPTS, max_size=6), before=CALLS, after=CALLS)
def test_whatever_breaks_each_event_counts_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    scripts: list[Script],
    before: list[tuple[str, int]],
    after: list[tuple[str, int]],
) -> None:
    asyncio.run(_run(tmp_path_factory.mktemp("hub"), scripts, before, after))


async def _run(
    folder: Path, scripts: list[Script], before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    last: dict[str, int] = {}

    def put_some(outbox: Outbox, portions: list[tuple[str, int]]) -> None:
        for call, count in portions:
            first = last.get(call, 0) + 1
            last[call] = first + count - 1
            put(outbox, *(said(call, n, f"{call}{n}") for n in range(first, first + count)))

    async with ScriptedHub() as hub:
        hub.scripts = list(scripts)
        outbox = Outbox.open(folder, "outbox")
        put_some(outbox, before)
        async with publishing(hub, outbox):
            await hub.until(lambda: everything(hub, last) or not hub.scripts)
        outbox.close()
        outbox = Outbox.open(folder, "outbox")  # the program is started again
        try:
            put_some(outbox, after)
            async with publishing(hub, outbox):
                await hub.until(lambda: everything(hub, last))
                await emptied(outbox)
        finally:
            outbox.close()
        assert everything(hub, last)
        assert {key: message["text"] for key, message in hub.got.texts.items()} == {
            (call, n): f"{call}{n}" for call, count in last.items() for n in range(1, count + 1)
        }
