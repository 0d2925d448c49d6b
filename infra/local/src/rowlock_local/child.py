"""Becomes another program that cannot outlive its parent, as another user if asked.

Run as a script with nothing but the standard library: `child.py --parent PID [...] -- PROGRAM ARGUMENT...`.
The kernel sends `--death-signal` when the parent ends in whatever way, kill -9 included. A program of another
user may also get a root folder of its own: entered before the rights are dropped, so that folders above it
need not be open to that user.
"""

import argparse
import contextlib
import ctypes
import os
import signal
from pathlib import Path

PR_SET_PDEATHSIG = 1
# Of the session: between sessions the kernel shares the processor, whatever their threads' niceness.
SESSION_NICENESS = Path("/proc/self/autogroup")


def main() -> None:
    """Drop rights, tie the life to the parent's and run the program."""
    options = read_options()
    libc = ctypes.CDLL(None, use_errno=True)  # loaded now: it may not be there inside another root
    if options.niceness:
        with contextlib.suppress(OSError):  # a kernel without it shares by thread
            SESSION_NICENESS.write_text(str(options.niceness))
    if options.root:
        os.chroot(options.root)
    os.chdir(options.cwd)
    if options.uid is not None:
        drop_rights(options.uid, options.gid)
    # After the change of user, which would clear it.
    if libc.prctl(PR_SET_PDEATHSIG, signal.Signals[options.death_signal].value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != options.parent:
        raise SystemExit("the launcher ended before its child began")
    os.execvp(options.program[0], options.program)  # noqa: S606  -- the launcher's own commands


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", default="SIGTERM")
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--root")
    parser.add_argument("--cwd", default="/")
    parser.add_argument("--niceness", type=int, default=0)
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def drop_rights(uid: int, gid: int) -> None:
    """Become this user for good."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


if __name__ == "__main__":
    main()
