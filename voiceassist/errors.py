"""The one tree of errors: each has a stable code, and one line that says what was wrong and what to do."""

from __future__ import annotations


class VoiceassistError(Exception):
    """Base of everything that a user can mend. `str(error)` is one line; `code` is stable."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(" ".join(message.split()))
        if code is not None:
            self.code = code


class UsageError(VoiceassistError):
    """A bad flag, argument or line of input."""

    code = "usage"


class SettingsError(VoiceassistError):
    """A setting that is unknown or out of range."""

    code = "settings"


class AudioError(VoiceassistError):
    """Sound that cannot be had: a missing, empty, damaged or silent-of-channels source."""

    code = "audio"


class TurnsError(VoiceassistError):
    """A turns file that is not one."""

    code = "turns"


class ModelError(VoiceassistError):
    """A model that is missing, altered or not what it should be."""

    code = "model"


class EngineError(VoiceassistError):
    """An engine that cannot start or broke at work."""

    code = "engine"


class ServerError(VoiceassistError):
    """A server that may not or cannot listen."""

    code = "server"


class StoreError(VoiceassistError):
    """A store of calls that cannot be opened, or that does not hold what was asked for."""

    code = "store"


class PlaybookError(VoiceassistError):
    """A playbook, or a list of offers, that is not one; the message begins with file:line:column."""

    code = "playbook"


class AccountError(VoiceassistError):
    """Somebody who may not come in, or not do that. `seconds` to wait, where the code is `wait`; else 0."""

    code = "account"

    def __init__(self, message: str, *, code: str | None = None, seconds: float = 0.0) -> None:
        super().__init__(message, code=code)
        self.seconds = seconds


class HubError(VoiceassistError):
    """A hub that cannot be reached, does not let this machine in, or does not answer as one."""

    code = "hub"


class BusError(VoiceassistError):
    """A bus between hub processes that cannot be reached, that has no room, or that is closed."""

    code = "bus"
