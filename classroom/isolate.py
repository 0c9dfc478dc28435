"""Keep the kernels that run submissions away from the teacher's files, the gradebook and the network.

nbgrader itself is trusted and runs as ever; only the kernel, where a submission's code runs, is shut in.  The two
talk through sockets in a folder of their own (ZeroMQ's ipc), so that no network is needed.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode

from .places import ROOT

IMAGE = "hypernetworks-kernel"  # made by classroom/Dockerfile
NOBODY = 65534

# Runs in new namespaces, before the kernel.  Of the disk, what Python and the course need can be read; nothing can
# be written but an empty /tmp of the kernel's own.  /tmp, the home folder and grading/ are hidden.  At the end all
# rights over these mounts are given up.  With set -e, whatever fails here keeps the kernel from starting.
SHUT_IN = r"""
set -eu
talk=$1 root=$2 prefix=$3 base=$4 user=$5 home=$6
shift 6
[ -z "$user" ] || chown -R "$user:$user" "$talk"
fonts=$home/.cache/matplotlib
[ -d "$fonts" ] || fonts=/var/empty
[ -d "$fonts" ] || fonts=$talk
exec 3<"$talk" 4<"$root" 5<"$prefix" 6<"$base" 7<"$fonts"
mount -t tmpfs tmpfs /tmp
mkdir -p /tmp/.cache/matplotlib
[ "$fonts" = "$talk" ] || cp -r /proc/$$/fd/7/. /tmp/.cache/matplotlib
[ ! -d "$home" ] || [ "$home" = / ] || [ "$home" = /tmp ] || mount -t tmpfs -o mode=755 tmpfs "$home"
again() { mkdir -p "$2"; mount -c --rbind "/proc/$$/fd/$1" "$2"; }
again 6 "$base"; again 5 "$prefix"; again 4 "$root"; again 3 "$talk"
[ ! -d "$root/grading" ] || mount -t tmpfs -o mode=755 tmpfs "$root/grading"
while read -r _ _ _ _ place _; do
  case "$place" in
    "$talk" | /tmp | /proc | /proc/* | /dev | /dev/*) ;;
    *) mount -o remount,bind,ro "$(printf '%b' "$place")" 2>/dev/null || true ;;
  esac
done </proc/self/mountinfo
[ ! -w "$root" ] && [ ! -w "$home" ] && [ ! -w /usr ]
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
chmod 1777 /tmp
[ -z "$user" ] || chown -R "$user:$user" /tmp/.cache
exec 3<&- 4<&- 5<&- 6<&- 7<&-
cd /tmp
export HOME=/tmp TMPDIR=/tmp
exec setpriv ${user:+--reuid=$user --regid=$user --clear-groups} \
  --bounding-set=-all --inh-caps=-all --no-new-privs --pdeathsig=KILL "$@"
"""


def no_isolation(command, talk):
    """The kernel as the user who grades, with all that this user may do."""
    return command


def namespace(command, talk):
    """The kernel in Linux namespaces of its own: nothing to install, no rights needed.  Root becomes nobody."""
    root_user = os.geteuid() == 0
    unshare = [
        "setpriv",
        "--pdeathsig=KILL",
        "unshare",
        "--mount",
        "--net",
        "--ipc",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]
    if not root_user:
        unshare += ["--user", "--map-root-user"]
    user = str(NOBODY) if root_user else ""
    places = [talk, ROOT, sys.prefix, sys.base_prefix, user, Path.home()]
    return [*unshare, "sh", "-c", SHUT_IN, "sh", *map(str, places), *command]


def container(command, talk):
    """The kernel in a container without network, with nothing of the teacher's but the folder of the sockets."""
    options = ["--rm", "--interactive", "--init", f"--name={talk.name}", "--network=none", "--read-only"]
    options += ["--tmpfs=/tmp:exec", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=512"]
    options += ["--memory=5g", f"--user={os.getuid()}:{os.getgid()}", f"--volume={talk}:{talk}", "--workdir=/tmp"]
    options += [f"--volume={ROOT / 'hyperlib'}:/course/hyperlib:ro"]
    handed_on = ("NBGRADER_EXECUTION", "HYPERLIB_SOLUTIONS", "OMP_NUM_THREADS")
    options += [f"--env={name}={os.environ[name]}" for name in handed_on if name in os.environ]
    return [engine(), "run", *options, "--env=HOME=/tmp", IMAGE, "python", *command[1:]]


WAYS = {"none": no_isolation, "namespace": namespace, "container": container}


def engine():
    """The program that runs containers."""
    return shutil.which("podman") or shutil.which("docker") or "docker"


@functools.cache
def chosen_way(wanted):
    """(way, remark): the way that was asked for, or for "auto" namespaces where they can be had, and why not if not."""
    if wanted != "auto":
        if wanted not in WAYS:
            raise ValueError(f"GRADING_SANDBOX is {wanted!r}; needed auto, {', '.join(WAYS)}")
        return wanted, ""
    if not shutil.which("unshare") or not shutil.which("setpriv"):
        return "none", " (namespaces need Linux, with unshare and setpriv)"
    with tempfile.TemporaryDirectory(prefix="kernel-") as talk:
        # A kernel must find Python's packages and the course there, and have a place to write.
        seen = f"import ipykernel, os; os.listdir({str(ROOT / 'hyperlib')!r}); open('/tmp/try', 'w')"
        command = namespace([sys.executable, "-c", seen], Path(talk))
        tried = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if tried.returncode == 0:
        return "namespace", ""
    return "none", f" (namespaces cannot be had here: {(tried.stderr.strip().splitlines() or ['no reason given'])[-1]})"


class IsolatedKernelManager(AsyncKernelManager):
    """Starts a kernel in one of the WAYS."""

    way = Unicode("none")

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        if sys.platform != "win32":
            self.folder = Path(tempfile.mkdtemp(prefix="kernel-")).resolve()
            self.transport = "ipc"
            self.connection_file = str(self.folder / "kernel.json")

    def format_kernel_cmd(self, extra_arguments=None):
        command = super().format_kernel_cmd(extra_arguments)
        return WAYS[self.way](command, getattr(self, "folder", None))

    async def _async_cleanup_resources(self, restart=False):
        await super()._async_cleanup_resources(restart)
        if self.way == "container":
            subprocess.run([engine(), "rm", "--force", self.folder.name], capture_output=True)
        if hasattr(self, "folder") and not restart:
            shutil.rmtree(self.folder, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources


def kernel_manager_class(wanted):
    """The class of kernel managers for a way to isolate."""
    return type("KernelManager", (IsolatedKernelManager,), {"way": chosen_way(wanted)[0]})
