"""The data of the lessons, and a download that leaves nothing half, whatever the server does."""

import gzip
import hashlib
import http.server
import math
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperlib import digits, load_mnist, rotate, rotated_moons, sample_sines, sines
from hyperlib.data import images, mnist

ROOT = Path(__file__).parents[1]

# What ships


def test_digits():
    images, labels = digits("train")
    test_images, test_labels = digits("test")
    assert images.shape == (1297, 64) and test_images.shape == (500, 64)
    assert images.dtype == torch.float32 and labels.dtype == torch.int64
    assert images.min() == 0 and images.max() == 1 and torch.equal(images * 16, (images * 16).round())
    assert torch.equal(test_labels.bincount(), torch.full((10,), 50))
    assert 124 <= labels.bincount().min() and labels.bincount().max() <= 133
    both = torch.cat([images, test_images])
    assert len(both.unique(dim=0)) == 1797
    images.zero_()
    assert digits("train")[0].sum() > 0  # everyone gets a copy of their own


def test_the_digits_are_those_of_uci():
    rows = gzip.decompress(images.DIGITS.read_bytes())
    assert hashlib.sha256(rows).hexdigest() == "0b0c9716d8a59f786b64ce0b31d766542bc714de58fcae09fe8a58d5de28e207"


def test_digits_look_like_digits():
    """The nearest of ten mean images is right for most of them; a shifted column or a turned image is noticed."""
    images, labels = digits("train")
    test_images, test_labels = digits("test")
    means = torch.stack([images[labels == d].mean(0) for d in range(10)])
    assert (torch.cdist(test_images, means).argmin(-1) == test_labels).float().mean() > 0.85
    one = means[1].unflatten(0, (8, 8))
    assert one.sum(0)[2:6].sum() > 0.9 * one.sum()  # upright


@pytest.mark.slow
def test_a_wheel_holds_the_digits(tmp_path):
    pytest.importorskip("setuptools")
    for name in ("hyperlib", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "out", "."]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "out").glob("hyperlib-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "hyperlib/data/digits.gz" in names and "hyperlib/data/digits.md" in names


# What is generated


def test_rotate():
    images = digits("test")[0]
    square = images.unflatten(-1, (8, 8))
    assert torch.allclose(rotate(images, 0), images, atol=1e-6)
    for quarters in (1, 2, -1):
        needed = torch.rot90(square, quarters, (-2, -1)).flatten(-2)
        assert torch.allclose(rotate(images, 90 * quarters), needed, atol=1e-5)
    there_and_back = rotate(rotate(images, 20), -20)
    assert (there_and_back - images).abs().mean() < 0.1 < (rotate(images, 20) - images).abs().mean()


def test_rotate_goes_counter_clockwise():
    image = torch.zeros(9, 9)
    image[4, 6] = 1.0  # right of the middle
    up = rotate(image.flatten(), 30.0).unflatten(0, (9, 9))
    assert up[:4].sum() > up[5:].sum()


def test_rotate_broadcasts_as_one_after_the_other():
    images = digits("test")[0][:4]
    angles = torch.tensor([[0.0], [30.0], [-75.0]])
    many = rotate(images, angles)
    assert many.shape == (3, 4, 64)
    for i, angle in enumerate(angles.flatten().tolist()):
        assert torch.allclose(many[i], rotate(images, angle), atol=1e-6)
    assert rotate(images, torch.arange(4)).shape == (4, 64)
    assert rotate(images[0], torch.arange(3)).shape == (3, 64)
    assert rotate(images[:0], 5).shape == (0, 64)
    assert rotate(images.double(), 5).dtype == torch.float64


def test_moons():
    generator = torch.Generator().manual_seed(0)
    points, labels = rotated_moons(torch.zeros(2, 3), 400, noise=0.0, generator=generator)
    assert points.shape == (2, 3, 400, 2) and labels.shape == (2, 3, 400) and labels.dtype == torch.int64
    assert (labels.sum(-1) == 200).all() and points.mean((0, 1, 2)).abs().max() < 0.05
    upper, lower = points[labels == 0], points[labels == 1]
    middle = torch.tensor([-0.5, -0.25])
    assert torch.allclose((upper - middle).norm(dim=-1), torch.ones(len(upper)), atol=1e-5)
    assert torch.allclose((lower + middle).norm(dim=-1), torch.ones(len(lower)), atol=1e-5)
    assert (upper[:, 1] >= -0.2501).all() and (lower[:, 1] <= 0.2501).all()


def test_moons_turn_counter_clockwise():
    def drawn(angles):
        return rotated_moons(angles, 50, generator=torch.Generator().manual_seed(1))[0]

    flat, quarter = drawn(0), drawn(math.pi / 2)
    assert torch.allclose(quarter, torch.stack([-flat[:, 1], flat[:, 0]], -1), atol=1e-5)
    assert torch.equal(flat, drawn(0.0)) and flat.shape == (50, 2)
    assert torch.allclose(drawn(torch.tensor([0.0, math.pi]))[0], drawn(torch.tensor([0.0, 1.0]))[0])


def test_a_default_device_moves_nothing_of_the_callers():
    with torch.device("meta"):
        points, labels = rotated_moons(torch.zeros(2, device="cpu"), 3)
        assert rotate(torch.zeros(64, device="cpu"), 5).device.type == points.device.type == labels.device.type == "cpu"


def test_numbers_of_numpy_are_numbers():
    assert rotate(torch.zeros(64), np.float32(5)).shape == (64,)
    assert rotated_moons(np.float64(0.5), 3)[0].dtype == torch.float32


def test_sines():
    conditioning, x, y = sample_sines(200, 9, torch.Generator().manual_seed(0))
    assert conditioning.shape == (200, 2) and x.shape == y.shape == (200, 9, 1)
    assert torch.allclose(y[7, :, 0], conditioning[7, 0] * torch.sin(x[7, :, 0] + conditioning[7, 1]))
    low, high = conditioning.min(0).values, conditioning.max(0).values
    assert (low >= torch.tensor([0.5, 0.0])).all() and (high <= torch.tensor([2.0, math.pi])).all()
    assert (low < torch.tensor([0.6, 0.2])).all() and (high > torch.tensor([1.9, 3.0])).all()
    assert -4 <= x.min() < -3.9 and 3.9 < x.max() <= 4
    assert torch.equal(sample_sines(200, 9, torch.Generator().manual_seed(0))[2], y)
    outside = sample_sines(50, 1, amplitude=(3, 4), phase=(4, 5), x=(0, 1))[0]
    assert outside[:, 0].min() >= 3 and outside[:, 1].min() >= 4
    assert sines(torch.zeros(5, 2), torch.zeros(3, 1)).shape == (5, 3, 1)


# What is downloaded


def idx(*shape):
    size = math.prod(shape)
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + bytes(i % 251 for i in range(size))


CONTENT = dict(zip(mnist.FILES, [idx(5, 3, 3), idx(5), idx(2, 3, 3), idx(2)], strict=True))
FIRST, *_, LAST = CONTENT


class Handler(http.server.BaseHTTPRequestHandler):
    """/MODE/FILE serves the file, but cut short, changed, slowly, ... as the mode says."""

    def do_GET(self):
        mode, name = self.path.strip("/").split("/")
        self.server.requests.append(self.path)
        packed = gzip.compress(CONTENT[name], mtime=0)
        served = {
            "truncated": packed[: len(packed) // 2],
            "cut": packed[: len(packed) // 2],
            "corrupt": packed[:-9] + bytes([packed[-9] ^ 255]) + packed[-8:],
            "other": gzip.compress(idx(1)),
            "page": b"<html>Please log in to the hotel's network</html>",
            "empty": b"",
            "plain": CONTENT[name],
        }.get(mode, packed)
        if mode == "missing":
            return self.send_error(404)
        if mode == "silent":
            return self.server.stop.wait(5)
        self.send_response(200)
        self.send_header("Content-Length", str(len(packed) if mode == "cut" else len(served)))
        self.end_headers()
        for byte in served if mode in ("slow", "endless") else [served]:
            self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
            if mode == "endless":
                self.server.stop.wait(0.2)

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def small_files(monkeypatch, request):
    """The canonical four, but tiny; and no proxy between us and localhost."""
    monkeypatch.setattr(mnist, "FILES", {name: hashlib.sha256(c).hexdigest() for name, c in CONTENT.items()})
    monkeypatch.setattr(mnist, "TIMEOUT", 1.0)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads, running.requests, running.stop = True, [], threading.Event()
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.stop.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def mirrors(server, monkeypatch):
    """A function that makes these modes of the server the mirrors; "dead" is a port where nobody listens."""

    def use(*modes):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            dead = free.getsockname()[1]
        ports = [dead if mode == "dead" else server.server_port for mode in modes]
        urls = [f"http://127.0.0.1:{port}/{mode}/" for port, mode in zip(ports, modes, strict=True)]
        monkeypatch.setattr(mnist, "MIRRORS", urls)
        return urls

    return use


def right(parts):
    shapes = [list(part.shape) for part in parts]
    assert shapes == [[5, 9], [5], [2, 9], [2]]
    assert parts[0].dtype == torch.float32 and parts[1].dtype == torch.int64
    assert torch.allclose(parts[0].flatten() * 255, torch.arange(45.0)) and parts[3].tolist() == [0, 1]
    return True


def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("mode", ["good", "plain", "slow"])
def test_download_then_no_server_is_needed(mirrors, server, tmp_path, mode):
    mirrors(mode)
    assert right(load_mnist(tmp_path / "new" / "folder"))
    assert files_in(tmp_path / "new" / "folder") == sorted(CONTENT) and len(server.requests) == 4
    mirrors("dead")
    assert right(load_mnist(str(tmp_path / "new" / "folder")))
    assert right(load_mnist(tmp_path / "new" / "folder", download=False))


@pytest.mark.parametrize("mode", ["truncated", "cut", "corrupt", "other", "page", "empty", "missing", "silent", "dead"])
def test_a_bad_mirror_is_left_for_the_next(mirrors, server, tmp_path, mode):
    mirrors(mode, "good")
    assert right(load_mnist(tmp_path))
    assert files_in(tmp_path) == sorted(CONTENT)
    tried = [path for path in server.requests if mode in path]
    assert len(tried) <= 1  # the other three files do not wait for it again


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["truncated", "cut", "corrupt", "other", "page", "empty", "missing", "silent", "dead"])
def test_only_bad_mirrors_leave_nothing_and_are_named(mirrors, tmp_path, mode):
    urls = mirrors(mode, mode)
    with pytest.raises(FileNotFoundError) as caught:
        load_mnist(tmp_path / "folder")
    words = str(caught.value)
    assert words.startswith(f"{FIRST} is not in {tmp_path / 'folder'}, and it could not be fetched from {urls[0]} (")
    assert f"put {', '.join(CONTENT)} into {tmp_path / 'folder'} yourself" in words and "\n" not in words
    reason = {"missing": "Not Found", "silent": "timed out", "dead": "refused"}.get(mode, "the checksum differs")
    assert reason in words
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # one error, not a chain of them
    assert files_in(tmp_path / "folder") == []


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x1f\x8bnonsense", None], ids=["empty", "text", "gzip", "cut"])
def test_a_damaged_file_in_the_cache_is_fetched_anew(mirrors, server, tmp_path, damage):
    mirrors("good")
    load_mnist(tmp_path)
    whole = (tmp_path / LAST).read_bytes()
    (tmp_path / LAST).write_bytes(whole[:-5] if damage is None else damage)
    with pytest.raises(FileNotFoundError, match=f"{LAST} is damaged in .*: call load_mnist with download=True, or put"):
        load_mnist(tmp_path, download=False)
    assert right(load_mnist(tmp_path))
    assert len(server.requests) == 5 and (tmp_path / LAST).read_bytes() == whole


def test_without_download_nothing_is_asked_for(mirrors, server, tmp_path):
    mirrors("good")
    with pytest.raises(FileNotFoundError, match=f"{FIRST} is not in .*: call load_mnist with download=True, or put"):
        load_mnist(tmp_path / "folder", download=False)
    assert not server.requests and not (tmp_path / "folder").exists()


def test_where_the_files_are_looked_for(mirrors, tmp_path, monkeypatch):
    mirrors("good")
    monkeypatch.setenv("HYPERLIB_DATA", str(tmp_path / "a"))
    assert right(load_mnist()) and files_in(tmp_path / "a") == sorted(CONTENT)
    monkeypatch.delenv("HYPERLIB_DATA")
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "b"))
    assert right(load_mnist())
    assert mnist.cache_folder().is_relative_to(tmp_path / "b") and files_in(mnist.cache_folder()) == sorted(CONTENT)


@pytest.mark.parametrize("platform, part", [("win32", "Local"), ("darwin", "Caches"), ("linux", ".cache")])
def test_the_cache_folder_of_each_system(monkeypatch, platform, part):
    monkeypatch.setattr(mnist.sys, "platform", platform)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    assert mnist.cache_folder().parts[-2:] == (part, "hyperlib")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("No space left on device")])
def test_an_interrupted_write_leaves_nothing_half(mirrors, tmp_path, monkeypatch, error):
    mirrors("good")
    write = Path.write_bytes

    def half(path, content):
        write(path, content[: len(content) // 2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(error if isinstance(error, type) else OSError):
        load_mnist(tmp_path)
    assert files_in(tmp_path) == []


PROCESS = """
import sys
from hyperlib.data import mnist
mnist.FILES, mnist.MIRRORS = eval(sys.argv[1]), [sys.argv[2]]
print("ready", flush=True)
sys.stdin.readline()
print([list(part.shape) for part in mnist.load_mnist(sys.argv[3])])
"""


def process(mirror, folder):
    command = [sys.executable, "-c", PROCESS, repr(mnist.FILES), mirror, str(folder)]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "ready\n"
    return running


def test_eight_threads_at_once(mirrors, tmp_path, monkeypatch):
    mirrors("slow")
    monkeypatch.setattr(mnist, "TIMEOUT", 20.0)  # they wait for each other, and on a busy machine for longer
    with ThreadPoolExecutor(8) as pool:
        assert all(map(right, pool.map(load_mnist, [tmp_path / "new"] * 8)))
    assert files_in(tmp_path / "new") == sorted(CONTENT)


@pytest.mark.slow
def test_two_processes_at_once(mirrors, tmp_path):
    (mirror,) = mirrors("slow")
    both = [process(mirror, tmp_path) for _ in range(2)]
    for running in both:
        running.stdin.write("\n")
        running.stdin.flush()
    for running in both:
        assert running.communicate(timeout=60)[0].endswith("[[5, 9], [5], [2, 9], [2]]\n")
        assert running.returncode == 0
    assert files_in(tmp_path) == sorted(CONTENT)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_process_leaves_nothing(mirrors, server, tmp_path):
    (mirror,) = mirrors("endless")
    running = process(mirror, tmp_path)
    running.stdin.write("\n")
    running.stdin.flush()
    until = time.monotonic() + 20
    while not server.requests and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=20)
    assert server.requests and files_in(tmp_path) == []


def test_a_slow_download_says_how_far_it_is(mirrors, tmp_path, monkeypatch, capsys):
    mirrors("good")
    monkeypatch.setattr(mnist, "QUIET", -1.0)
    load_mnist(tmp_path)
    out = capsys.readouterr().out
    assert out.startswith(f"Downloading {mnist.MIRRORS[0]}{FIRST}\n  0.0 of 0.0 MB\n") and out.count("MB") >= 4


def test_a_folder_that_cannot_be_written_to(mirrors, tmp_path):
    mirrors("good")
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="root must be a folder, but .*file is a file"):
        load_mnist(tmp_path / "file")
    with pytest.raises(OSError, match="cannot be kept in .*: name another folder"):
        load_mnist(tmp_path / "file" / "below")
    with pytest.raises(ValueError, match="cannot find the folder ~nobody-by-this-name.*: name a folder"):
        load_mnist("~nobody-by-this-name")


@pytest.mark.parametrize(
    "act, kind, words",
    [
        (lambda: digits("both"), ValueError, 'split must be "train" or "test", got \'both\''),
        (lambda: digits(0), TypeError, "got an int (0)"),
        (lambda: rotate([1.0], 5), TypeError, "images must be a torch.Tensor, got a list"),
        (lambda: rotate(torch.zeros(3, 60), 5), ValueError, "images has shape [3, 60], but its last axis must be"),
        (lambda: rotate(torch.tensor(1.0), 5), ValueError, "images has shape []"),
        (lambda: rotate(torch.zeros(64).long(), 5), TypeError, "images must be floating point, got torch.int64"),
        (lambda: rotate(torch.zeros(64), "5"), TypeError, "degrees must be a number or a torch.Tensor, got a str"),
        (lambda: rotate(torch.zeros(3, 64), torch.zeros(4)), ValueError, "degrees has axes [4], which do not"),
        (lambda: rotated_moons(None, 3), TypeError, "angles must be a number or a torch.Tensor, got a NoneType"),
        (lambda: rotated_moons(0.0, 0), ValueError, "n must be at least 1, got 0"),
        (lambda: sines(torch.zeros(3), torch.zeros(3, 1)), ValueError, "conditioning has shape [3], but its last axis"),
        (lambda: sines(torch.zeros(2), torch.zeros(3)), ValueError, "x has shape [3], but its last axis must be 1"),
        (lambda: sines(torch.zeros(2), torch.zeros(1)), ValueError, "x must be [..., n, 1], got shape [1]"),
        (lambda: sines(torch.zeros(4, 2), torch.zeros(3, 9, 1)), ValueError, "conditioning has axes [4], which do not"),
        (lambda: sample_sines(2.5, 3), TypeError, "tasks must be a whole number"),
        (lambda: sample_sines(2, 3, phase=1), TypeError, "phase must be a (lowest, highest) pair, got an int (1)"),
        (lambda: load_mnist(3), TypeError, "root must be a folder, as a str or a Path, got an int (3)"),
    ],
)
def test_errors_name_the_item(act, kind, words):
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value) and "\n" not in str(caught.value)
