"""Makes the environment behind the doors, once, and runs a command in it.

Standard library only; no root, make or uv is needed beforehand. The environment is ``.venv`` in the
checkout, filled from the hashed files in ``requirements/`` by a hash-pinned uv, or by pip where uv
cannot be had. A stamp written last says that it is whole; it holds a fingerprint of everything that
the environment depends on, so a changed requirement makes a new one and an interrupted set-up never
counts as ready. A lock file keeps two calls from building at the same time.

The syntax is kept readable by Python 3.6, so that an old interpreter gets as far as the message
that names the one to install.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, NoReturn  # noqa: UP035  # Python 3.6 has NoReturn, not Iterator[...]

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
OURS = VENV / "made-by-the-doors"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

OLDEST = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11")
LEVELS = {"run": ("run.txt", "build.txt"), "test": ("test.txt",)}  # test.txt holds the others


def enter(level: str, command: "list[str]") -> NoReturn:
    """Become ``command``, a program of the environment and its arguments.

    Args:
        level: ``run`` (what users need) or ``test`` (that, and the tools of the tests).
        command: the name of a program in the environment, then its arguments.

    Raises:
        SystemExit: with the command's exit code, or 1 where the set-up failed.
    """
    prepare(level)
    program = str(BIN / command[0])
    if os.name == "nt":  # execv returns to the prompt at once there
        raise SystemExit(subprocess.call([program, *command[1:]]))
    os.execv(program, [program, *command[1:]])


def prepare(level: str) -> None:
    """Make the environment ready for ``level``; returns at once when it is.

    Raises:
        SystemExit: the set-up failed or was interrupted; the reason has been printed.
    """
    use_new_enough_python()
    mark = fingerprint()
    if is_ready(level, mark):
        return
    try:
        with only_one():
            if not is_ready(level, mark):  # another call may have built it meanwhile
                build(level, mark)
    except KeyboardInterrupt:
        say("interrupted; the next call starts again")
        raise SystemExit(130) from None
    except OSError as error:
        fail(f"{error}")


def use_new_enough_python() -> None:
    """Hand over to a Python of 3.11 or newer where this one is older."""
    if sys.version_info >= OLDEST:
        return
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    for name in CANDIDATES:
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", check], stderr=subprocess.DEVNULL) == 0:
            os.execv(path, [path, *sys.argv])
    fail(
        f"gpumft needs Python 3.11 or newer: this is {sys.version.split()[0]} ({sys.executable}) "
        f"and PATH has no working {', '.join(CANDIDATES)}; install one of them"
    )


def fingerprint() -> str:
    """Return a hash of what the environment depends on: the locks, the packaging, the place."""
    import tomllib  # here, because a Python older than 3.11 has none

    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    packaging = [project["build-system"], project["project"], project["tool"]["hatch"]]
    digest = hashlib.sha256(repr([str(ROOT), packaging]).encode())  # an editable install has a path
    for path in sorted(REQUIREMENTS.glob("*.txt")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def stamp(level: str) -> Path:
    """Return the file whose content says that ``level`` is whole."""
    return VENV / f"ready-{level}"


def is_ready(level: str, mark: str) -> bool:
    """Tell whether the environment is whole and up to date for ``level``."""
    if not PYTHON.exists():  # also false where the Python that it was made from has gone
        return False
    sufficient = ("test",) if level == "test" else ("run", "test")
    for path in map(stamp, sufficient):
        with contextlib.suppress(OSError):
            if path.read_text() == mark:
                return True
    return False


@contextlib.contextmanager
def only_one() -> "Iterator[None]":
    """Hold the lock of the set-up; waits for the call that has it."""
    with (ROOT / ".venv.lock").open("a") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another set-up of this checkout")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file lets go


def build(level: str, mark: str) -> None:
    """Build the environment; what an interrupted or older set-up left goes first."""
    started = time.monotonic()
    if not is_ready("run", mark):
        if VENV.exists() and not OURS.exists():
            fail(f"{VENV} is in the way and was not made by the doors; move it elsewhere")
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        OURS.write_text("Made by ci/_setup.py; it may be deleted at any time.\n")
        say(f"making .venv with Python {sys.version.split()[0]}")
        if run([sys.executable, "-m", "venv", str(VENV)]):
            fail("python3 -m venv failed; on Debian and Ubuntu the package python3-venv is missing")
    if not (install_with_uv(level) or install_with_pip(level)):
        fail("the packages could not be installed; the reason stands above")
    aside = stamp(level).with_suffix(".new")
    aside.write_text(mark)
    aside.replace(stamp(level))
    say(f"ready after {time.monotonic() - started:.1f} s")


def install_with_uv(level: str) -> bool:
    """Install with the locked uv, which pip fetches; tells whether all went well."""
    fetched = run([*pip_install(), "--retries", "2", *locked("uv.txt")]) == 0
    uv = [str(BIN / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)]
    if fetched and install(uv, "--offline", level):
        return True
    say("uv does not work here; pip takes its place, which is slower")
    return False


def install_with_pip(level: str) -> bool:
    """Install with pip, which may know proxies and mirrors that uv does not."""
    return install(pip_install(), "--no-index", level)


def install(command: "list[str]", offline: str, level: str) -> bool:
    """Install a level's locks and then the checkout itself; stops at the first failure.

    The checkout is editable and built by the locked build tools, so that nothing more is fetched.
    """
    for name in LEVELS[level]:
        count = len(re.findall(r"^\w", (REQUIREMENTS / name).read_text(), re.MULTILINE))
        say(f"installing requirements/{name} (at most {count} packages)")
        if run([*command, *locked(name)]):
            return False
    how = ["--no-deps", "--no-build-isolation", offline]
    return run([*command, *how, "--editable", str(ROOT)]) == 0


def pip_install() -> "list[str]":
    """Return the start of pip's install command."""
    return [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def locked(name: str) -> "list[str]":
    """Return the arguments that install a lock; wheels only: a build would fetch unhashed tools."""
    return ["--require-hashes", "--only-binary", ":all:", "-r", str(REQUIREMENTS / name)]


def run(command: "list[str]") -> int:
    """Run a step of the set-up and return its exit code; its errors go to the terminal."""
    environment = {**os.environ, "PIP_USER": "0", "PIP_NO_INPUT": "1"}
    return subprocess.call(command, stdin=subprocess.DEVNULL, env=environment)


def say(text: str) -> None:
    """Print a line of progress, apart from the command's own output."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> NoReturn:
    """Say why the set-up cannot go on and leave with exit code 1."""
    say(f"error: {text}")
    raise SystemExit(1)
