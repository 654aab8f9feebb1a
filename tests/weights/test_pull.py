"""A model is pulled from a hub on this machine: whole, or in one line that says why not, and never half."""

import contextlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trustme
from hub import REPOSITORY, REVISION, Hub, model, serving
from huggingface_hub import snapshot_download
from needs import ROOT, hear_ctrl_c

from voiceassist.errors import ModelError, UsageError
from voiceassist.weights.cache import find_model
from voiceassist.weights.hub import Patience
from voiceassist.weights.manifest import read_record
from voiceassist.weights.pull import Pulled, pull

HASTY = Patience(timeout=20, attempts=3, pause=0)
FILES = {"config.json", "model.bin", "tokenizer.json", "vocabulary.txt"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty model cache, and no word from outside on where the hub is."""
    for name in ("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def get(hub: Hub, **settings) -> Pulled:
    return pull(REPOSITORY, endpoint=hub.address, patience=settings.pop("patience", HASTY), **settings)


def refused(code: str, hub: Hub, **settings) -> str:
    """Pull in vain, and return the line that says why; nothing that passes for a model is left."""
    with pytest.raises(ModelError) as error:
        get(hub, **settings)
    assert error.value.code == code
    with pytest.raises(ModelError, match="is not on this machine"):
        find_model(REPOSITORY)
    assert len(str(error.value)) < 300
    return str(error.value)


def part(cache: Path) -> Path:
    """Where the weights are while they are being fetched."""
    return cache / f"models--{REPOSITORY.replace('/', '--')}" / "incoming" / REVISION / "model.bin"


@pytest.fixture
def hub():
    with serving() as hub:
        yield hub


def test_a_model_is_pulled_whole_and_found_by_its_name(hub, cache):
    heard = []
    pulled = get(hub, progress=lambda *news: heard.append(news))
    assert pulled.folder == find_model(REPOSITORY)
    assert {path.name for path in pulled.folder.iterdir()} == {*FILES, "voiceassist.json"}
    assert all((pulled.folder / name).read_bytes() == hub.files[name] for name in FILES)
    assert pulled.fetched == sum(len(hub.files[name]) for name in FILES)
    size = len(hub.files["model.bin"])
    weights = [done for name, done, total in heard if name == "model.bin" and total == size]
    assert weights == sorted(weights)
    assert heard[-1][0] == "model.bin", "the weights come last"
    assert (weights[0], weights[-1]) == (0, size)
    assert {path.name for path in (cache / "models--people--whisper-small-test").iterdir()} == {"refs", "snapshots"}


def test_what_was_pulled_is_noted_beside_it(hub):
    folder = get(hub).folder
    record = read_record(folder)
    assert (record.repository, record.revision) == (REPOSITORY, REVISION)
    assert {file.name for file in record.files} == FILES
    assert all(len(file.sha256) == 64 and file.size for file in record.files)
    note = json.loads((folder / "voiceassist.json").read_text())
    assert note["endpoint"] == hub.address


def test_other_clients_of_the_hub_find_it_without_a_network(hub, cache):
    folder = get(hub).folder
    found = snapshot_download(REPOSITORY, local_files_only=True, cache_dir=cache)
    assert Path(found) == folder


def test_what_is_there_and_whole_is_not_fetched_again(hub):
    get(hub)
    before = len(hub.ranges())
    assert get(hub).fetched == 0
    assert len(hub.ranges()) == before


def test_what_was_altered_here_is_fetched_anew(hub):
    folder = get(hub).folder
    weights = folder / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    (folder / "config.json").unlink()
    again = get(hub)
    assert again.fetched == sum(len(hub.files[name]) for name in ("model.bin", "config.json"))
    assert weights.read_bytes() == hub.files["model.bin"]


def test_a_damaged_file_that_another_client_linked_is_replaced_with_what_it_linked_to(hub, cache):
    folder = get(hub).folder
    blob = cache / "blob"
    (folder / "model.bin").rename(blob)
    (folder / "model.bin").symlink_to(blob)
    blob.write_bytes(b"damaged")
    get(hub)
    assert not blob.exists()
    assert (folder / "model.bin").read_bytes() == hub.files["model.bin"]


def test_a_broken_connection_is_taken_up_where_it_broke(hub):
    hub.breaks = [300_000, 100_000]
    folder = get(hub).folder
    assert hub.ranges() == [None, "bytes=300000-", "bytes=400000-"]
    assert (folder / "model.bin").read_bytes() == hub.files["model.bin"]


def test_a_connection_that_brings_much_each_time_is_not_given_up():
    with serving(Hub(files=model(6_000_000), breaks=[1_200_000] * 4)) as hub:
        get(hub, patience=Patience(attempts=2, pause=0))
    assert len(hub.ranges()) == 5


def test_a_server_that_knows_no_ranges_sends_it_all_again(hub):
    hub.breaks, hub.knows_ranges = [300_000], False
    folder = get(hub).folder
    assert hub.ranges() == [None, "bytes=300000-"]
    assert (folder / "model.bin").read_bytes() == hub.files["model.bin"]


def test_a_connection_that_breaks_for_good_leaves_a_part_to_go_on_from(hub, cache):
    hub.breaks = [200_000, 0, 0, 0]
    assert "run the same command again" in refused("pull-interrupted", hub)
    assert part(cache).stat().st_size == 200_000
    hub.breaks.clear()
    assert get(hub).fetched < len(hub.files["model.bin"]) - 190_000
    assert hub.ranges()[-1] == "bytes=200000-"


def test_a_part_that_was_damaged_in_between_is_fetched_from_its_beginning(hub, cache):
    hub.breaks = [200_000, 0, 0, 0]
    refused("pull-interrupted", hub)
    hub.breaks.clear()
    part(cache).write_bytes(b"x" * 200_000)
    assert (get(hub).folder / "model.bin").read_bytes() == hub.files["model.bin"]
    assert hub.ranges()[-2:] == ["bytes=200000-", None]


def test_a_part_that_is_too_long_is_begun_anew(hub, cache):
    part(cache).parent.mkdir(parents=True)
    part(cache).write_bytes(b"x" * 800_000)
    assert (get(hub).folder / "model.bin").read_bytes() == hub.files["model.bin"]


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_a_file_that_comes_altered_is_refused_and_gone(hub, cache, name):
    hub.altered = {name}
    assert f"{name} came from 127.0.0.1" in refused("pull-corrupt", hub)
    assert not (part(cache).parent / name).exists()


def test_a_file_of_another_length_is_refused_before_it_is_fetched(hub, cache):
    hub.shortened = {"model.bin"}
    size = len(hub.files["model.bin"])
    assert f"is {size - 10} bytes long" in refused("pull-corrupt", hub)
    assert part(cache).stat().st_size == 0


def test_what_the_list_names_must_be_what_the_hub_sends(hub):
    """A hub that serves other weights under the name of a listed model is found out by its first file."""
    with pytest.raises(ModelError, match="where 2317 are due") as error:
        pull("tiny.en", endpoint=hub.address, patience=HASTY)
    assert error.value.code == "pull-corrupt"


def test_where_the_list_has_gaps_the_hub_is_asked_for_the_checksums(hub):
    with pytest.raises(ModelError) as error:
        pull("distil-medium.en", endpoint=hub.address, patience=HASTY)
    assert error.value.code == "pull-refused"
    assert hub.asked[0].path.startswith("/api/models/Systran/faster-distil-whisper-medium.en/tree/80ddfce2")


def test_a_model_that_is_larger_than_the_disk_is_not_begun(hub, cache):
    hub.announced = 10**16
    assert "free some space" in refused("pull-disk-full", hub)
    assert hub.ranges() == []
    assert list(part(cache).parent.iterdir()) == []


CHILD = f"""
import sys
from voiceassist.weights.pull import pull
from voiceassist.errors import ModelError
def heard(name, done, size):
    if name == "model.bin" and done:
        print(done, flush=True)
try:
    pull({REPOSITORY!r}, endpoint=sys.argv[1], progress=heard)
except ModelError as error:
    sys.exit(error.code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process's files are bounded by POSIX")
def test_a_disk_that_fills_up_on_the_way_is_said(hub, cache):
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))\n" + CHILD
    done = subprocess.run(
        [sys.executable, "-c", limited, hub.address], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "pull-disk-full"
    assert part(cache).stat().st_size == 250_000
    assert get(hub).fetched < len(hub.files["model.bin"]) - 240_000


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_leaves_only_a_part_to_go_on_from(hub, cache):
    hub.stalled = True
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, hub.address],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - no thread holds a lock that the child would want
    )
    half = len(hub.files["model.bin"]) // 2
    with child:
        assert any(int(line) == half for line in child.stdout)
        child.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in child.communicate()[1]
    assert part(cache).stat().st_size == half
    hub.stalled = False
    get(hub)
    assert hub.ranges()[-1] == f"bytes={half}-"


def test_a_server_that_stalls_is_given_up(hub):
    hub.stalled = True
    assert "no answer in time" in refused("pull-interrupted", hub, patience=Patience(0.2, 1, 0))


def test_two_pulls_at_once_do_not_meet(hub):
    hub.stalled = True
    ended = []

    def first():
        with contextlib.suppress(ModelError):
            ended.append(get(hub, patience=Patience(60, 1, 0)))

    thread = threading.Thread(target=first)
    thread.start()
    assert hub.sent_half.wait(30)
    assert "another program" in refused("pull-busy", hub)
    hub.stopping.set()
    thread.join()
    hub.stalled = False
    assert get(hub).folder.is_dir()


def test_a_hub_that_cannot_be_reached_is_said_at_once():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    patient = Patience(attempts=1000, pause=1000)
    for endpoint in (address, "http://hub.invalid"):
        assert "cannot be reached" in refused("pull-offline", Hub(address=endpoint), patience=patient)


def test_the_word_to_stay_offline_is_obeyed(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in refused("pull-offline", hub)
    assert hub.asked == []


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secure(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(tls=context) as hub:
        yield hub


def test_a_certificate_that_nobody_signed_is_refused(secure):
    assert "SSL_CERT_FILE" in refused("pull-certificate", secure)
    assert secure.asked == []


def test_a_certificate_of_a_named_authority_is_trusted(secure, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert get(secure).folder.is_dir()


@pytest.mark.parametrize(
    ("status", "words"), [(401, "HF_TOKEN"), (403, "HF_TOKEN"), (404, "check the model's name"), (407, "the proxy")]
)
def test_a_refusal_is_said_once_and_not_asked_again(hub, status, words):
    hub.statuses = {"/api/": status}
    assert words in refused("pull-refused", hub)
    assert len(hub.asked) == 1


def test_a_hub_that_is_busy_is_asked_again_and_then_given_up(hub):
    hub.statuses = {"/cdn/": 503}
    assert "503" in refused("pull-interrupted", hub)
    assert len(hub.ranges()) == HASTY.attempts


def test_where_the_files_lie_is_named_when_it_is_not_reached(hub):
    hub.cdn = "http://files.hub.invalid"
    assert "files.hub.invalid failed 3 times" in refused("pull-interrupted", hub)


def test_a_commit_that_is_none_never_becomes_a_folder(hub):
    hub.revision = "../../elsewhere"
    assert "does not answer as a model hub" in refused("pull-refused", hub)


def test_a_page_that_is_no_hub_is_said(hub):
    hub.files = {"README.md": b"no model"}
    assert "holds no faster-whisper model" in refused("pull-refused", hub)
    hub.statuses = {"/": 200}
    assert "does not answer as a model hub" in refused("pull-refused", hub)


@pytest.mark.parametrize("name", ["nonesuch", "../../etc/passwd", "a/b/c", "/"])
def test_a_name_that_nothing_has_is_refused_with_the_names_there_are(hub, name):
    with pytest.raises(ModelError, match=r"one of base\.en") as error:
        pull(name, endpoint=hub.address)
    assert error.value.code == "model-missing"
    assert hub.asked == []


@pytest.mark.parametrize("endpoint", ["file:///etc", "hub.example.com", "ftp://hub.example.com", "https://"])
def test_an_endpoint_that_is_no_web_address_is_refused(endpoint):
    with pytest.raises(UsageError, match="https://"):
        pull("tiny.en", endpoint=endpoint)


def test_the_endpoint_may_end_in_a_slash_and_come_from_the_environment(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.address + "/")
    assert pull(REPOSITORY).folder.is_dir()


def test_a_proxy_of_the_environment_is_used(hub, monkeypatch):
    monkeypatch.setenv("http_proxy", hub.address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    hub.cdn = "http://files.hub.invalid"
    assert pull(REPOSITORY, endpoint="http://hub.invalid", patience=HASTY).folder.is_dir()
    assert {asked.host for asked in hub.asked} == {"hub.invalid", "files.hub.invalid"}


def test_a_token_goes_to_the_hub_and_not_to_where_its_files_lie(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    hub.cdn = hub.address.replace("127.0.0.1", "localhost")
    get(hub)
    assert {asked.authorization for asked in hub.asked if asked.path.startswith("/cdn/")} == {None}
    assert {asked.authorization for asked in hub.asked if not asked.path.startswith("/cdn/")} == {"Bearer secret"}


@pytest.mark.skipif(sys.platform == "win32", reason="folders are closed otherwise there")
def test_a_cache_that_cannot_be_written_to_is_said(hub, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    assert "HF_HUB_CACHE" in refused("pull-folder", hub)
