"""Settings: each layer overrides the one before, and what is wrong is refused with its name and where it was set."""

import re
from collections.abc import Callable
from pathlib import Path
from types import UnionType

import pytest
from annotated_types import Ge, Le
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from voiceassist.core.types import NudgeKind
from voiceassist.errors import SettingsError
from voiceassist.settings import FILE, Settings, load, names

Toml = Callable[..., Path]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings file of the machine is read."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def toml(folder: Path) -> Toml:
    def write(content: str | bytes, name: str = FILE) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refused(
    environ: dict[str, str] | None = None, flags: dict[str, object] | None = None, file: Path | None = None
) -> str:
    with pytest.raises(SettingsError) as error:
        load(environ or {}, flags, file)
    line = str(error.value)
    assert "\n" not in line
    assert error.value.code == "settings"
    return line


# --- layers -----------------------------------------------------------------------------------------------------------


def test_the_defaults_are_those_that_others_build_on() -> None:
    settings = load({})
    assert settings == Settings()
    coach = settings.coach
    assert (coach.grace, coach.cooldown, coach.cap, coach.off, coach.silent_share) == (1.2, 20, 3, frozenset(), 0)
    assert (settings.call.auto, settings.hub.url) == (True, "")
    assert (settings.transcriber.name, settings.transcriber.model) == ("auto", "")
    assert settings.server.host == "127.0.0.1"


def test_each_layer_overrides_the_one_before(toml: Toml) -> None:
    layers = "[coach]\ngrace = 2.0\ncap = 5\ncooldown = 30\n"
    toml(layers)
    environ = {"VOICEASSIST_COACH__CAP": "6", "VOICEASSIST_COACH__COOLDOWN": "40", "PATH": "/bin"}
    assert load({}).coach.grace == 2.0
    assert load(environ).coach.cap == 6
    coach = load(environ, {"coach.cooldown": 50.0, "coach.grace": None}).coach
    assert (coach.grace, coach.cap, coach.cooldown) == (2.0, 6, 50.0)


def test_a_layer_sets_only_what_it_names(toml: Toml) -> None:
    toml("[coach]\ngrace = 2.0\n[server]\nport = 0\n")
    settings = load({"VOICEASSIST_SERVER__HOST": "::1"}, {"call.auto": False})
    assert settings.server.model_dump() == {"host": "::1", "port": 0}
    assert settings.call.auto is False
    assert settings.hearing == Settings().hearing


def test_a_named_file_is_read_instead(toml: Toml) -> None:
    toml("[coach]\ncap = 1\n")
    other = toml("[coach]\ncap = 2\n", "other.toml")
    assert load({}, file=other).coach.cap == 2


@pytest.mark.parametrize(
    ("value", "off"),
    [
        ("", set()),
        ("give_reason", {NudgeKind.GIVE_REASON}),
        ("give_reason,acknowledge", {NudgeKind.GIVE_REASON, NudgeKind.ACKNOWLEDGE}),
        (" give_reason , acknowledge, ", {NudgeKind.GIVE_REASON, NudgeKind.ACKNOWLEDGE}),
    ],
)
def test_kinds_are_listed_with_commas_in_the_environment(value: str, off: set[NudgeKind], toml: Toml) -> None:
    toml('[coach]\noff = ["offer_alternative"]\n')
    assert load({}).coach.off == {NudgeKind.OFFER_ALTERNATIVE}
    assert load({"VOICEASSIST_COACH__OFF": value}).coach.off == off


@pytest.mark.parametrize("value", ["false", "False", "0", "no", "off"])
def test_switches_in_the_environment(value: str) -> None:
    assert load({"VOICEASSIST_CALL__AUTO": value}).call.auto is False


def test_the_silent_arm_is_a_share_of_the_calls_and_the_same_calls_each_time() -> None:
    settings = load({"VOICEASSIST_COACH__SILENT_SHARE": "0.3"})
    arms = [settings.policy(f"call-{n}", alerts=True, votes={}).silent_arm for n in range(1000)]
    assert arms == [settings.policy(f"call-{n}", alerts=True, votes={}).silent_arm for n in range(1000)]
    assert 0.25 < sum(arms) / len(arms) < 0.35
    assert not any(load({}).policy(f"call-{n}", alerts=True, votes={}).silent_arm for n in range(100))


def test_what_is_set_is_what_the_core_goes_by() -> None:
    settings = load({"VOICEASSIST_COACH__GRACE": "2.5", "VOICEASSIST_HEARING__PAUSE": "0.25"})
    policy = settings.policy("c", alerts=False, votes={})
    assert (policy.grace, policy.cooldown, policy.cap, policy.alerts) == (40_000, 320_000, 3, False)
    assert settings.segmenting().pause == 4_000


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load({}).coach.grace = 3  # type: ignore[misc]


# --- unknown ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["coach.grase", "coach.grace.more", "coach.", "choach.grace", "coach", "x.y", "Coach.grace"]
)
def test_an_unknown_name_is_refused_in_every_layer(key: str, toml: Toml) -> None:
    assert repr(key) in refused(flags={key: 2})
    if key.islower() and " " not in key:
        variable = f"VOICEASSIST_{key.replace('.', '__', 1).upper().replace('.', '__')}"
        assert refused({variable: "2"}).startswith(f"environment {variable}: there is no setting")
    section, _, name = key.partition(".")
    path = toml(f'["{section}"]\n"{name}" = 2\n' if name else f"{section} = 2\n", "own.toml")
    assert refused(file=path).startswith("own.toml: there is no setting")


def test_a_near_name_is_offered() -> None:
    assert refused({"VOICEASSIST_COACH__GRASE": "2"}) == (
        "environment VOICEASSIST_COACH__GRASE: there is no setting 'coach.grase'; did you mean 'coach.grace'?"
    )
    assert "known are coach.grace, coach.cooldown" in refused(flags={"zzzz.qqqq": 1})


@pytest.mark.parametrize(
    "variable", ["VOICEASSIST_", "VOICEASSIST_GRACE", "VOICEASSIST_COACH", "VOICEASSIST_COACH_GRACE"]
)
def test_any_other_variable_of_ours_is_refused(variable: str) -> None:
    assert refused({variable: "1"}).startswith(f"environment {variable}: there is no setting")


def test_variables_of_others_are_left_alone() -> None:
    assert load({"VOICE": "1", "MYVOICEASSIST_COACH__GRACE": "99", "VOICEASSISTANT": "x"}) == Settings()


# --- out of range -----------------------------------------------------------------------------------------------------

BAD = [
    ("coach.grace", "0.19"),
    ("coach.grace", "10.01"),
    ("coach.grace", "nan"),
    ("coach.grace", "inf"),
    ("coach.grace", "-inf"),
    ("coach.grace", "soon"),
    ("coach.grace", ""),
    ("coach.grace", "1,5"),
    ("coach.cooldown", "-1"),
    ("coach.cooldown", "601"),
    ("coach.cap", "-1"),
    ("coach.cap", "101"),
    ("coach.cap", "2.5"),
    ("coach.cap", "9" * 5_000),
    ("coach.silent_share", "1.5"),
    ("coach.off", "shouting"),
    ("call.auto", "2"),
    ("hub.url", "http://hub"),
    ("hub.url", "wss://a b"),
    ("server.port", "65536"),
    ("server.port", "-1"),
    ("server.host", ""),
    ("hearing.pause", "0"),
    ("hearing.end", "0"),
    ("hearing.tick", "-0.1"),
]


@pytest.mark.parametrize(("key", "value"), BAD)
def test_a_bad_value_is_refused_with_its_name_and_place(key: str, value: str, toml: Toml) -> None:
    variable = f"VOICEASSIST_{key.replace('.', '__').upper()}"
    assert refused({variable: value}).startswith(f"environment {variable}: {key} = ")
    flagged = [value] if key == "coach.off" else value
    flag = key.partition(".")[2].replace("_", "-")
    assert refused(flags={key: flagged}).startswith(f"--{flag}: {key} = ")
    section, _, name = key.partition(".")
    shown = f'["{value}"]' if key == "coach.off" else f'"{value}"'
    path = toml(f"[{section}]\n{name} = {shown}\n", "own.toml")
    assert refused(file=path).startswith(f"own.toml: {key} = ")


def test_proxies_are_addresses_or_networks() -> None:
    environ = {"VOICEASSIST_SERVE__PROXIES": "127.0.0.1, 10.0.0.0/28,2001:db8::/64"}
    assert [str(network) for network in load(environ).serve.proxies] == [
        "127.0.0.1/32",
        "10.0.0.0/28",
        "2001:db8::/64",
    ]


@pytest.mark.parametrize(
    "value", ["*", "proxy.example", "10.0.0.1/28", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1:80"]
)
def test_what_is_no_proxy_or_everybody_is_refused(value: str) -> None:
    variable = "VOICEASSIST_SERVE__PROXIES"
    assert refused({variable: f"127.0.0.1,{value}"}).startswith(f"environment {variable}: serve.proxies = ")
    assert refused(flags={"serve.proxies": [value]}).startswith("--proxies: serve.proxies = ")


@pytest.mark.parametrize("value", ["true", "[1]", "{a = 1}", "2024-05-12", "nan", "inf", "-inf", "1e400"])
@pytest.mark.parametrize("key", ["coach.grace", "coach.cap", "server.port"])
def test_a_value_of_another_kind_in_the_file_is_refused(key: str, value: str, toml: Toml) -> None:
    section, _, name = key.partition(".")
    toml(f"[{section}]\n{name} = {value}\n")
    assert refused().startswith(f"{FILE}: {key} = ")


def test_the_layer_that_set_the_bad_value_is_named(toml: Toml) -> None:
    toml("[coach]\ngrace = 99\ncap = 1\n")
    assert refused({"VOICEASSIST_COACH__CAP": "2"}).startswith(f"{FILE}: coach.grace = 99: ")
    assert refused({"VOICEASSIST_COACH__GRACE": "98"}).startswith(
        "environment VOICEASSIST_COACH__GRACE: coach.grace = '98'"
    )
    assert load({}, {"coach.grace": 1.5}).coach.grace == 1.5  # what is overridden is not judged


def bounds(key: str) -> tuple[float, float]:
    section, _, name = key.partition(".")
    model = Settings.model_fields[section].annotation
    assert model is not None
    assert not isinstance(model, UnionType)
    rules = model.model_fields[name].metadata  # type: ignore[attr-defined]
    return next(r.ge for r in rules if isinstance(r, Ge)), next(r.le for r in rules if isinstance(r, Le))


SECONDS = ["coach.grace", "coach.cooldown", "hearing.pause", "hearing.end", "hearing.tick"]
COUNTS = ["coach.cap", "server.port"]


def test_the_grace_has_the_range_that_is_promised() -> None:
    assert bounds("coach.grace") == (0.2, 10)


@given(st.sampled_from(SECONDS), st.floats())
def test_any_number_of_seconds_is_in_range_or_refused(key: str, value: float) -> None:
    least, most = bounds(key)
    section, _, name = key.partition(".")
    environ = {f"VOICEASSIST_{section}__{name}".upper(): repr(value)}
    if least <= value <= most:
        assert getattr(getattr(load(environ), section), name) == value
        assert getattr(getattr(load({}, {key: value}), section), name) == value
    else:
        assert f" {key} = " in refused(environ)
        assert f" {key} = " in refused(flags={key: value})


@given(st.sampled_from(COUNTS), st.integers() | st.floats())
def test_any_count_is_in_range_or_refused(key: str, value: float) -> None:
    least, most = bounds(key)
    section, _, name = key.partition(".")
    if least <= value <= most and value == int(value):
        assert getattr(getattr(load({}, {key: value}), section), name) == value
    else:
        assert f" {key} = " in refused(flags={key: value})


# --- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"coach",
        b"[coach\n",
        b"\xff\xfe",
        b"[coach]\ngrace = 1\ngrace = 2\n",
        b"a = " + b"9" * 5_000,
        b"a = " + b"[" * 50_000,
    ],
    ids=["no table", "no bracket", "no text", "twice", "digits", "deep"],
)
def test_a_file_that_is_no_toml_is_refused(content: bytes, toml: Toml) -> None:
    toml(content)
    assert refused().startswith(f"{FILE} is no TOML: ")


def test_an_empty_file_sets_nothing(toml: Toml) -> None:
    toml("")
    assert load({}) == Settings()


def test_a_named_file_that_is_not_there_is_refused(folder: Path) -> None:
    assert refused(file=folder / "none.toml").startswith(f"{folder / 'none.toml'}: ")
    assert refused(file=folder).startswith(f"{folder}: ")


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_setting_is_named_and_explained() -> None:
    table = names()
    promised = {
        "coach.grace",
        "coach.cooldown",
        "coach.cap",
        "call.auto",
        "hub.url",
        "transcriber.name",
        "transcriber.model",
    }
    assert promised <= set(table)
    for key, (_, meaning) in table.items():
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", key)
        assert meaning.endswith(".")
