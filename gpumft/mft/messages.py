"""What a client may give for a message: its name, its number, or the ``Message`` itself."""

from __future__ import annotations

import difflib
from operator import index

from gpumft.errors import InvalidArg
from gpumft.mft.flags import Message

_BY_NUMBER = {int(message): message for message in Message}


def read_message(message: object) -> int:
    """Return the ``Message``, or the number itself where there is none of that number.

    Args:
        message: a ``Message``; its name, "flush" for example, in any case; or a number.

    Raises:
        InvalidArg: a name that no message has (the nearest is offered), or neither.

    Thread-safety: any thread.
    """
    if isinstance(message, str):
        found = Message.__members__.get(message.upper())
        if found is None:
            near = difflib.get_close_matches(message.upper(), Message.__members__, 1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f"there are {', '.join(Message.__members__)}"
            )
            raise InvalidArg(f"there is no message {message!r}; {hint}")
        return found
    try:
        number = index(message)  # type: ignore[arg-type]
    except TypeError:
        raise InvalidArg(
            f"{message!r} is no message: give a Message, its name or its number"
        ) from None
    return _BY_NUMBER.get(number, number)
