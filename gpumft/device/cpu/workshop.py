"""Compiles kernels in a process of its own.

Numba keeps a megabyte or two of every function it has compiled, and takes half a second to import.
A process that only negotiates formats shall pay neither: one beside it compiles, ends when it has
had nothing to do for a while, and is started anew for the next kernel.

Where there is no Python to start (an application that embeds it), kernels are compiled here.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, BinaryIO, cast

from gpumft.device.cpu.kept import Code
from gpumft.errors import KernelBuildError
from gpumft.formula import Formula

_IDLE = 30.0
"""Seconds without work after which the process ends."""
_MOST = 200
"""Kernels after which a new process takes over, so that none grows for ever."""
_SCRIPT = (
    "import sys; sys.path[:] = {path!r}; from gpumft.device.cpu.workshop import serve; serve()"
)


class _Ended(Exception):
    """The process has ended before it answered."""


class Workshop:
    """One process that compiles, and this side of its pipes.

    Thread-safety: callers take turns.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Begin without a process; that of the parent is the parent's."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def make(self, name: str, formula: Formula | None = None) -> Code:
        """Compile a kernel; a formula's needs the formula.

        Raises:
            KernelBuildError: Numba refuses it, or the process ended over it.
        """
        python = _python()
        with self._lock:
            for again in (False, True):
                try:
                    if python:
                        return self._ask(python, (name, formula))
                except _Ended as error:  # it may have been idle for too long just now
                    if again:
                        message = f"the process that compiles the kernel {name} ended: {error}"
                        raise KernelBuildError(message) from error
                except OSError:
                    python = ""  # none can be started
            from gpumft.device.cpu.translate import translate

            return translate(name, formula)

    def _ask(self, python: str, question: tuple[str, Formula | None]) -> Code:
        if self._made >= _MOST:
            self._end()
        process = self._process or self._start(python)
        answer: Code | tuple[str, str, str] | None = None
        try:
            pickle.dump(question, cast("BinaryIO", process.stdin))
            cast("BinaryIO", process.stdin).flush()
            answer = pickle.load(cast("BinaryIO", process.stdout))  # noqa: S301 - our own process
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            raise _Ended(f"exit status {process.wait()}") from error
        finally:
            if answer is None:  # whatever interrupted us, it may still be at work
                self._end()
        self._made += 1
        if isinstance(answer, Code):
            return answer
        message, log, source = answer
        raise KernelBuildError(message, log=log, source=source)

    def _start(self, python: str) -> subprocess.Popen[bytes]:
        self._made = 0
        self._process = subprocess.Popen(  # noqa: S603 - Python, with our own script
            [python, "-c", _SCRIPT.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **_apart(),
        )
        return self._process

    def _end(self) -> None:
        """End the process; it holds nothing that would be lost."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what it was not sent any more
                    if pipe is not None:
                        pipe.close()

    def close(self) -> None:
        """End the process, if there is one; the next kernel starts another."""
        with self._lock:
            self._end()


def _python() -> str:
    """Return the interpreter to start; "" where this process is no plain one."""
    name = Path(sys.executable or "").stem.lower()
    plain = name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)
    return sys.executable if plain else ""


def _apart() -> dict[str, Any]:
    """Return how a process is started that Ctrl-C in the terminal does not reach."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags}
    return {"start_new_session": True}


def serve() -> None:
    """Be the process: answer each kernel that is asked for, until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    while True:
        clock = threading.Timer(_IDLE, os._exit, [0])
        clock.daemon = True
        clock.start()
        try:
            name, formula = pickle.load(sys.stdin.buffer)  # noqa: S301 - from who started us
        except EOFError:
            return
        clock.cancel()
        answer: Code | tuple[str, str, str]
        try:
            from gpumft.device.cpu.translate import translate

            answer = translate(name, formula)
        except KernelBuildError as error:
            answer = str(error), error.log, error.source
        except Exception as error:  # noqa: BLE001 - told where somebody listens
            told = f"the kernel {name} cannot be compiled: {error}"
            answer = told, traceback.format_exc(), ""
        pickle.dump(answer, answers)
        answers.flush()


_workshop = Workshop()
make = _workshop.make
atexit.register(_workshop.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_workshop._forget)  # noqa: SLF001 - of this module
