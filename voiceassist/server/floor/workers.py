"""What a worker says to the hub: that it lives, what comes of the lines it was given, and that they are over."""

from __future__ import annotations

from voiceassist import logs
from voiceassist.accounts.visitor import Visitor
from voiceassist.errors import ServerError, StoreError
from voiceassist.floor.backlog import Backlog
from voiceassist.floor.port import Port
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse_from_worker
from voiceassist.server.floor.house import House
from voiceassist.server.floor.talk import Talk
from voiceassist.server.peer import UNSUPPORTED, VIOLATION, Peer, ViolationError


class WorkerTalk(Talk):
    """A worker. It is trusted with what agents say, so whatever it says wrongly ends the connection.

    Nothing that it says is waited for here: a store that is slow to take one call would make all others look dead.
    """

    def __init__(self, house: House, visitor: Visitor) -> None:
        self.client = self._port = Port()
        self._house = house
        self._user = visitor.user
        self._unheard = _Unheard()
        self._backlog = Backlog(house.intake, self._unheard, refused=self._refuse, delayed=self._delay)

    def begin(self) -> None:
        """It says itself when it is ready."""

    async def listen(self, peer: Peer) -> None:
        heard = await peer.hear()
        self._house.switchboard.live(self._port)
        if isinstance(heard, bytes):
            raise ViolationError(UNSUPPORTED, "binary", "only text messages are understood")
        try:
            message = parse_from_worker(heard)
        except ServerError as error:
            raise ViolationError(VIOLATION, error.code, str(error)) from None
        self._take(message)

    async def take(self, message: wire.FromClient) -> None:
        raise ServerError(f"`{message.type}` is not for a worker", code="not-served")

    def see(self, visitor: Visitor) -> None:
        """Nothing of it matters here."""

    async def end(self) -> None:
        self._house.switchboard.lose(self._port)
        await self._backlog.finish()
        self._house.intake.leave(self._unheard)

    def _take(self, message: wire.FromWorker) -> None:
        switchboard = self._house.switchboard
        match message:
            case wire.WorkerReady(lines=lines):
                switchboard.ready(self._port, lines)
            case wire.LineSaid():
                switchboard.say(self._port, message)
            case wire.LinePublish():
                self._publish(message)
            case wire.LineClosed(error=error):
                if error is not None:
                    logs.trouble("line broke", user=self._user, code=error.code)
                switchboard.closed(self._port, message)

    def _publish(self, event: wire.LinePublish) -> None:
        switchboard = self._house.switchboard
        member = switchboard.published(self._port, event)
        if member is not None and not self._backlog.put(event.line, member, event.message):
            logs.trouble("line cut off", user=member.user, call=event.message.call)
            switchboard.cut_off(self._port, event.line)

    def _refuse(self, event: wire.CallEvent, error: ServerError | StoreError) -> None:
        logs.trouble("event refused", user=self._user, call=event.call, seq=event.seq, code=error.code)
        self.client.tell(dump(wire.Error(call=event.call, seq=event.seq, code=error.code, message=str(error))))

    def _delay(self, event: wire.CallEvent, error: ServerError | StoreError) -> None:
        logs.trouble("event delayed", user=self._user, call=event.call, seq=event.seq, code=error.code)


class _Unheard:
    """What is acknowledged is told to nobody: a worker keeps nothing to send again."""

    def __call__(self, _message: wire.Acked) -> None:
        pass
