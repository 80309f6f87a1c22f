"""Tee: one stream of pictures to several takers, who may come and go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gpumft.device import Device
from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.mft import STREAMS_UNLIMITED, OutputStreamFlags, OutputStreamInfo
from gpumft.ops import shown
from gpumft.transforms.video_processor import VideoProcessor
from gpumft.transforms.video_transform import TypeLike

_FLAGS = OutputStreamFlags.DISCARDABLE | OutputStreamFlags.OPTIONAL | OutputStreamFlags.REMOVABLE


class Tee(VideoProcessor):
    """Gives a copy of each picture to every output; outputs come and go while pictures flow.

    Args:
        outputs: how many there are at first, numbered from 0.
        lazy_read: input goes on although nobody took the last picture, which is then dropped;
            False: a picture waits until `process_output` took it, or discarded it.
        device: a Device, its spec, or None for the best there is.
        maximum: as for VideoProcessor.

    Raises:
        InvalidArg: no outputs, or a maximum below 1.
        DeviceUnavailable: there is no such device.

    All outputs are optional (without a type they are deselected; one has to be selected) and
    discardable (an entry of `process_output` without a sample, with DISCARD_WHEN_NO_BUFFER). Their
    type is the input's, less what its aperture hides. Entries of `process_output` go by number, one
    for each selected output.

    Thread-safety: calls are serialised by the transform's own lock. `add_output` and
    `remove_output` may come from any thread at any time, also while `as_async` runs the Tee: the
    client of the asynchronous transform is told in the order of its output.
    Source: IMFTransform; the basic MFT processing model, "Extensions to the Basic Model".
    """

    output_limits = (1, STREAMS_UNLIMITED)

    def __init__(
        self,
        outputs: int = 2,
        *,
        lazy_read: bool = True,
        device: Device | str | None = None,
        maximum: int | None = None,
    ) -> None:
        if outputs < 1:
            msg = f"a Tee with {outputs} outputs has nowhere to send pictures; give at least 1"
            raise InvalidArg(msg)
        super().__init__(device=device, maximum=maximum)
        self._flags = _FLAGS | OutputStreamFlags(OutputStreamFlags.LAZY_READ if lazy_read else 0)
        self._next_id = 1
        while self._next_id < outputs:
            self.add_output()

    def add_output(self) -> int:
        """Add an output and return its number.

        While pictures flow the next `process_output` answers STREAM_CHANGE with NEW_STREAMS; from
        then on the output is there, and the client may set its type at any time.
        """
        with self._lock:
            id = self._next_id
            self._request_output(id)
            self._next_id += 1
            return id

    def remove_output(self, id: int) -> None:
        """Let an output end.

        If it is selected the next `process_output` tells so with STREAM_END in its entry; the other
        outputs deliver in the same call.

        Raises:
            InvalidStreamNumber: there is no such output, or it ends already.
            InvalidRequest: it is the last one.
        """
        with self._lock:
            self._request_output_end(id)

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return the input's type, of the picture inside its aperture."""
        return (shown(input),)

    def _output_info(self, id: int) -> OutputStreamInfo:
        info = super()._output_info(id)
        return replace(info, flags=info.flags | self._flags)
