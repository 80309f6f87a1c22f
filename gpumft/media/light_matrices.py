"""The matrices that lie on the other side of a curve, and what a type in them has to be.

BT.2020 constant luminance makes luma of light, ICtCp makes cones of light: both are defined for one
set of primaries and for certain curves, and mean nothing with others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gpumft.errors import InvalidMediaType
from gpumft.media.enums import Matrix, Primaries, Transfer
from gpumft.media.videotype import VideoType

LIGHT_MATRICES: Mapping[Matrix, tuple[Transfer, ...]] = MappingProxyType(
    {
        Matrix.BT2020CL: (Transfer.BT709,),
        Matrix.ICTCP: (Transfer.PQ, Transfer.HLG),
    }
)
"""Matrix to the transfers that it is defined with, the usual one first; primaries are BT.2020's.
Sources: ITU-R BT.2020-2, table 4; BT.2100-2, tables 7 and 8."""


def matrix_fits(
    matrix: Matrix | None, transfer: Transfer | None, primaries: Primaries | None
) -> bool:
    """Return whether a matrix is defined with a transfer and primaries; ordinary ones always are.

    Thread-safety: a pure function.
    """
    if matrix is None or matrix not in LIGHT_MATRICES:
        return True
    return transfer in LIGHT_MATRICES[matrix] and primaries == Primaries.BT2020


def check_matrix(role: str, type: VideoType) -> None:
    """Raise unless the matrix of a resolved type fits its transfer and primaries.

    Args:
        role: what the type is of, for the message: "source", "destination".
        type: with every colour field set.

    Raises:
        InvalidMediaType: it does not.

    Thread-safety: a pure function.
    """
    if type.matrix is None or matrix_fits(type.matrix, type.transfer, type.primaries):
        return
    wanted = " or ".join(LIGHT_MATRICES[type.matrix])
    raise InvalidMediaType(
        f"the {role}'s matrix {type.matrix} needs transfer {wanted} and primaries bt2020, but its "
        f"transfer is {type.transfer} and its primaries are {type.primaries}; state those, or "
        f"another matrix such as bt2020ncl"
    )
