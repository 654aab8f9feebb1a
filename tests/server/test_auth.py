"""Tokens open a session once, sessions end, and nothing kept in memory opens anything."""

import pytest

from voiceassist.server.auth import Auth


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture(name="clock")
def a_clock():
    return Clock()


@pytest.fixture(name="auth")
def an_auth(clock):
    return Auth(one_time_seconds=60, session_seconds=600, clock=clock)


def test_a_one_time_token_opens_one_session(auth):
    token = auth.issue("supervisor")
    session = auth.redeem(token)
    assert auth.check(session).role == "supervisor"
    assert auth.redeem(token) is None
    assert auth.check(session) is not None


def test_a_one_time_token_is_no_session_and_a_session_is_no_one_time_token(auth):
    assert auth.check(auth.issue()) is None
    assert auth.redeem(auth.open()) is None


def test_what_was_never_issued_opens_nothing(auth):
    auth.issue()
    for token in ("", "x", "\ud800", "a" * 10_000):
        assert auth.redeem(token) is None
        assert auth.check(token) is None
    assert auth.check(None) is None


def test_tokens_expire(auth, clock):
    token = auth.issue()
    clock.now += 60
    assert auth.redeem(token) is None


def test_sessions_expire(auth, clock):
    session = auth.redeem(auth.issue())
    clock.now += 599
    assert auth.remaining(auth.check(session)) == pytest.approx(1)
    clock.now += 1
    assert auth.check(session) is None


def test_a_program_s_token_lasts_as_long_as_it_is_told(auth, clock):
    token = auth.open(seconds=10_000)
    clock.now += 9_999
    assert auth.check(token).role == "agent"


def test_a_closed_session_is_over(auth):
    session = auth.open()
    auth.close(session)
    auth.close(session)
    assert auth.check(session) is None


def test_what_expired_is_forgotten(auth, clock):
    for _ in range(10):
        auth.open()
        auth.issue()
    clock.now += 10_000
    auth.open()
    assert len(auth._sessions) == 1
    assert len(auth._one_time) == 0


def test_tokens_hold_256_bits_and_are_not_kept(auth):
    tokens = {auth.open() for _ in range(50)} | {auth.issue() for _ in range(50)}
    assert len(tokens) == 100
    assert all(len(token) >= 43 for token in tokens)
    assert not any(token in repr(vars(auth)) for token in tokens)
