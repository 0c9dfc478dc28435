"""MNIST, the one data set of the course that has to be downloaded: only on request, checked, and kept."""

import contextlib
import gzip
import hashlib
import os
import struct
import sys
import threading
import time
import zlib
from pathlib import Path

import torch

from ..validate import describe

FILES = {  # SHA-256 of the *uncompressed* files: not everybody compresses them alike
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
    # Last, for a Python without certificates.  No risk: what does not have the right checksum is thrown away.
    "http://ossci-datasets.s3.amazonaws.com/mnist/",
]
TIMEOUT = 10.0  # seconds without a byte from a server
QUIET = 2.0  # seconds that a download may take before it says how far it is


def load_mnist(root=None, download=True):
    """MNIST: `(train_images [60000, 784] float32 in [0, 1], train_labels [60000] int64, test_images, test_labels)`.

    The four files (11 MB) are looked for in `root`, or where that is None in the folder that the environment
    variable HYPERLIB_DATA names, or else in the user's cache folder.  What is missing or damaged is downloaded there.

    Raises:
        FileNotFoundError saying which file could not be had, why, and where to put it.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition"
    (1998).
    """
    if root is not None and not isinstance(root, (str, os.PathLike)):
        raise TypeError(f"root must be a folder, as a str or a Path, got {describe(root)}")
    folder = root or os.environ.get("HYPERLIB_DATA")
    try:
        folder = Path(folder).expanduser() if folder else cache_folder()
    except RuntimeError:  # no such user, or none whose folder is known
        came = f"the folder {folder} of a user" if folder else "your home folder"
        raise ValueError(f"load_mnist cannot find {came}: name a folder, as in load_mnist('data')") from None
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"root must be a folder, but {folder} is a file")
    mirrors = list(MIRRORS) if download else []
    parts = [read_idx(mnist_file(folder, name, mirrors)) for name in FILES]
    return tuple(part.flatten(1) / 255 if part.dim() > 1 else part.long() for part in parts)


def cache_folder():
    """Where programs of this user keep what they can download again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "hyperlib")


def mnist_file(folder, name, mirrors):
    """The uncompressed content of one of the files: from the folder, or else from the first mirror that has it.

    Mirrors that fail move to the end of the list, so that the next file does not wait for them again.
    """
    path, state = folder / name, "is not"
    if path.is_file():
        try:
            return unpack(path.read_bytes(), name)
        except ValueError:
            state = "is damaged"
    by_hand = f"put {', '.join(FILES)} into {folder} yourself"
    if not mirrors:
        raise FileNotFoundError(f"{name} {state} in {folder}: call load_mnist with download=True, or {by_hand}")
    failed = []
    for mirror in list(mirrors):
        try:
            packed = fetch(mirror + name)
            content = unpack(packed, name)
        except (OSError, ValueError) as error:
            failed.append(f"{mirror} ({getattr(error, 'reason', error)})")
            mirrors.append(mirrors.pop(0))
        else:
            store(path, packed)
            return content
    raise FileNotFoundError(
        f"{name} {state} in {folder}, and it could not be fetched from {', '.join(failed)}:"
        f" is there a network? Call load_mnist again, or {by_hand}"
    )


def fetch(url):
    """What a server sends for a URL; an OSError if nothing comes."""
    from http.client import HTTPException  # here, since these cost more to import than all of hyperlib
    from urllib.request import urlopen

    print(f"Downloading {url}", flush=True)
    received, spoke = bytearray(), time.monotonic()
    try:
        with urlopen(url, timeout=TIMEOUT) as reply:
            size = f" of {int(reply.headers['Content-Length']) / 1e6:.1f}" if reply.headers["Content-Length"] else ""
            while chunk := reply.read(2**16):
                received += chunk
                if time.monotonic() - spoke > QUIET:
                    print(f"  {len(received) / 1e6:.1f}{size} MB", flush=True)
                    spoke = time.monotonic()
    except HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from None
    return bytes(received)


def unpack(packed, name):
    """The uncompressed content, or a ValueError if it is not the canonical file's."""
    try:  # some browsers and servers decompress on their own: that does no harm
        content = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    except (OSError, EOFError, zlib.error):
        content = b""
    if hashlib.sha256(content).hexdigest() != FILES[name]:
        raise ValueError(f"what came, {len(packed)} bytes, is damaged or another file: the checksum differs")
    return content


def store(path, packed):
    """Write a file so that nobody, at no moment, finds half of it under its name."""
    part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(packed)
        os.replace(part, path)
    except OSError as error:
        # On Windows nobody may replace a file that another process is reading, which has then written it itself.
        if not path.is_file():
            reason = f"{error.strerror or error}: name another folder, as in load_mnist('data')"
            raise type(error)(error.errno, f"{path.name} cannot be kept in {path.parent}, {reason}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def read_idx(content):
    """The uint8 tensor in an IDX file: two zeros, the type, the number of axes, their sizes (big-endian), the data."""
    axes = content[3]
    shape = struct.unpack(f">{axes}I", content[4 : 4 + 4 * axes])
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=4 + 4 * axes).reshape(shape)
