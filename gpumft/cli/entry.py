"""The entry point: runs a command, and turns whatever happens into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from gpumft.cli import output
from gpumft.cli.app import Escaped, app

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""Base of everything that typer says about a command line; it has no public name there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; None takes those of the process.

    Returns:
        The exit code; see `gpumft.cli.output.Exit`.

    Thread-safety: the main thread only.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = words[: words.index("--")] if "--" in words else words
    as_json = "--json" in options
    verbose = "-v" in options or "--verbose" in options
    output.set_up_logging(verbose=verbose)
    try:
        code = app(words, prog_name="gpumft", standalone_mode=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - all end as a line and a code
        happened = error.error if isinstance(error, Escaped) else error
        if isinstance(happened, BrokenPipeError):
            return _leave_quietly()
        if isinstance(happened, typer.Abort):  # Ctrl-C, or no answer, where a question was asked
            happened = KeyboardInterrupt("interrupted; nothing was written")
        if isinstance(happened, _USAGE_ERROR):
            return output.report(_Usage.of(happened), as_json=as_json, verbose=False)
        return output.report(happened, as_json=as_json, verbose=verbose)
    return code if isinstance(code, int) else output.Exit.OK


class _Usage(output.UsageError):
    """What typer found wrong with the command line, in one line."""

    @classmethod
    def of(cls, error: Exception) -> _Usage:
        words = getattr(error, "format_message", lambda: str(error))()
        context = getattr(error, "ctx", None)
        command = getattr(context, "command_path", "gpumft")
        return cls(f"{' '.join(words.split()).rstrip('.')}; see {command} --help")


def _leave_quietly() -> int:
    """Whoever read our output has seen enough, as in `gpumft formats | head`.

    Python would complain once more when it flushes at exit, so the stream is led to nowhere.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file: a test's or an embedder's stand-in
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open
    finally:
        os.close(nowhere)
    return output.Exit.OK
