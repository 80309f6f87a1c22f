"""The command line: `gpumft`. The only place of the package that imports typer and rich."""

from gpumft.cli.entry import main

__all__ = ["main"]
