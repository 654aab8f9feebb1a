"""An address leads to one hub, in the clear only on this machine."""

from __future__ import annotations

import pytest

from voiceassist.errors import HubError
from voiceassist.uplink.address import HubAddress


@pytest.mark.parametrize(
    ("text", "websocket", "http"),
    [
        ("wss://hub.example/ws", "wss://hub.example/ws", "https://hub.example"),
        ("wss://Hub.Example", "wss://hub.example/ws", "https://hub.example"),
        ("https://hub.example/#i=secret", "wss://hub.example/ws", "https://hub.example"),
        ("https://hub.example:443/", "wss://hub.example/ws", "https://hub.example"),
        ("wss://hub.example:8720/floor/ws", "wss://hub.example:8720/floor/ws", "https://hub.example:8720/floor"),
        ("ws://127.0.0.1:8720/ws", "ws://127.0.0.1:8720/ws", "http://127.0.0.1:8720"),
        ("http://localhost:8720", "ws://localhost:8720/ws", "http://localhost:8720"),
        ("ws://[::1]:8720/ws", "ws://[::1]:8720/ws", "http://[::1]:8720"),
    ],
)
def test_one_hub_has_two_doors(text: str, websocket: str, http: str) -> None:
    address = HubAddress.parse(text)
    assert (address.websocket, address.http) == (websocket, http)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hub.example",
        "ftp://hub.example",
        "wss://",
        "ws://hub.example/ws",
        "http://192.0.2.1",
        "ws://127.0.0.1.example/ws",
        "wss://hub.example:99999/ws",
        "wss://[::1/ws",
        "wss://a..b/ws",
        "wss://hub\x00.example/ws",
        "wss://anna:secret@hub.example/ws",
        "wss://hub.example/ws?token=secret",
    ],
)
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(HubError) as refused:
        HubAddress.parse(text)
    assert refused.value.code == "hub-address"
    assert "secret" not in str(refused.value)


def test_each_hub_has_a_folder_of_its_own() -> None:
    texts = [
        "wss://hub.example/ws",
        "wss://hub.example:1/ws",
        "wss://hub.example/b/ws",
        "ws://[::1]/ws",
        "wss://é.example",
    ]
    folders = [HubAddress.parse(text).folder for text in texts]
    assert len(set(folders)) == len(texts)
    assert all(set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_") for folder in folders)
