"""The commands and their group."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gpumft.cli.demo import demo
from gpumft.cli.explain import explain
from gpumft.cli.listing import devices, formats, transforms
from gpumft.cli.probe import probe
from gpumft.cli.run import run


class Escaped(Exception):
    """An error on its way past typer, which would turn some kinds into others."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class _Commands(TyperGroup):
    """The commands in the order of the help text."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named; typer keeps its hands off what that raises."""
        try:
            return super().invoke(ctx)
        except (OSError, EOFError, KeyboardInterrupt) as error:
            raise Escaped(error) from error


app = typer.Typer(
    cls=_Commands,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        import gpumft

        typer.echo(f"gpumft {gpumft.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def gpumft(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show the log, and tracebacks of errors.")
    ] = False,
) -> None:
    """Convert, scale and treat video: right colour, the same bytes on every device.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such device, 4 not supported,
    5 input cut off or damaged (what could be decoded was written), 130 interrupted.
    """
    del version, verbose
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in (run, probe, explain, devices, formats, transforms, demo):
    app.command()(command)
