"""Where the portable kernel sources are: in the installed package, or at a checkout's top."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from gpumft.errors import FileMissing


def kernel_folder() -> Traversable:
    """Return the folder of the ``*.h`` and ``*.cl`` sources that CUDA and OpenCL share.

    A wheel holds them as ``gpumft/kernels``; an editable install finds the checkout's ``kernels``.

    Raises:
        FileMissing: neither folder is there; the installation is not whole.

    Thread-safety: any thread, any number of times.
    """
    package = files("gpumft")
    for folder in (package / "kernels", package / ".." / "kernels"):
        if folder.is_dir():
            return folder
    message = f"no kernel sources beside {package}: install gpumft again, or from a whole checkout"
    raise FileMissing(message)
