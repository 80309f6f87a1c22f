"""The questions of IMFTransform: what may be asked at any time and changes nothing."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from gpumft.mft.asynchronous.core import AsyncCore
from gpumft.mft.asynchronous.handover import stream_in
from gpumft.mft.flags import InputStatus, OutputStatus
from gpumft.mft.infos import InputStreamInfo, OutputStreamInfo
from gpumft.mft.payload import Payload

S = TypeVar("S", bound=Payload)
T = TypeVar("T")


class AsyncQuestions(AsyncCore[S], Generic[S, T]):
    """Answers of the wrapped transform, and of the ledger.

    Those of the transform wait for the sample that is being worked on.
    """

    # --- Streams ---

    # MF: IMFTransform::GetStreamLimits
    def stream_limits(self) -> tuple[int, int, int, int]:
        """The smallest and largest number of inputs, then of outputs."""
        self._check()
        return self._driver.transform.stream_limits()

    # MF: IMFTransform::GetStreamCount
    def stream_count(self) -> tuple[int, int]:
        """The number of inputs and of outputs; also while locked."""
        self._check(locked=False)
        return self._driver.transform.stream_count()

    # MF: IMFTransform::GetStreamIDs
    def stream_ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The identifiers of inputs and outputs; also while locked.

        Raises:
            NotImplementedMF: they are fixed and numbered from 0.
        """
        self._check(locked=False)
        return self._driver.transform.stream_ids()

    # MF: IMFTransform::GetInputStreamInfo
    def input_stream_info(self, id: int = 0) -> InputStreamInfo:
        """What an input stream asks of its samples; they are kept (HOLDS_BUFFERS)."""
        self._check()
        return self._driver.input_info(id)

    # MF: IMFTransform::GetOutputStreamInfo
    def output_stream_info(self, id: int = 0) -> OutputStreamInfo:
        """What comes out; the transform always provides it (PROVIDES_SAMPLES)."""
        self._check()
        return self._driver.output_info(id)

    # --- Attributes ---

    # MF: IMFTransform::GetAttributes
    @property
    def attributes(self) -> dict[str, Any]:
        """The transform's attributes, also while locked: the same object each time.

        MF_TRANSFORM_ASYNC and MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE are 1; a client sets
        MF_TRANSFORM_ASYNC_UNLOCK to 1, or calls `unlock`.
        """
        self._check(locked=False)
        return self._attributes

    # MF: IMFTransform::GetInputStreamAttributes
    def input_stream_attributes(self, id: int = 0) -> dict[str, Any]:
        """An input stream's attributes; the rules of ``Transform``."""
        self._check()
        return self._driver.transform.input_stream_attributes(id)

    # MF: IMFTransform::GetOutputStreamAttributes
    def output_stream_attributes(self, id: int = 0) -> dict[str, Any]:
        """An output stream's attributes; the rules of ``Transform``."""
        self._check()
        return self._driver.transform.output_stream_attributes(id)

    # --- Media types ---

    # MF: IMFTransform::GetInputAvailableType
    def input_available_type(self, index: int, id: int = 0) -> object:
        """One entry of `available_input_types`; also while locked."""
        self._check(locked=False)
        return self._driver.transform.input_available_type(index, id)

    # MF: IMFTransform::GetOutputAvailableType
    def output_available_type(self, index: int, id: int = 0) -> object:
        """One entry of `available_output_types`."""
        self._check()
        return self._driver.transform.output_available_type(index, id)

    def available_input_types(self, id: int = 0) -> tuple[object, ...]:
        """The input types on offer, best first; also while locked."""
        self._check(locked=False)
        return self._driver.transform.available_input_types(id)

    def available_output_types(self, id: int = 0) -> tuple[object, ...]:
        """The output types on offer, best first."""
        self._check()
        return self._driver.transform.available_output_types(id)

    # MF: IMFTransform::GetInputCurrentType
    def input_current_type(self, id: int = 0) -> T:
        """The media type of an input stream."""
        self._check()
        return self._driver.transform.input_current_type(id)  # type: ignore[no-any-return]

    # MF: IMFTransform::GetOutputCurrentType
    def output_current_type(self, id: int = 0) -> T:
        """The media type of an output stream."""
        self._check()
        return self._driver.transform.output_current_type(id)  # type: ignore[no-any-return]

    # --- Status ---

    # MF: IMFTransform::GetInputStatus
    def input_status(self, id: int = 0) -> InputStatus:
        """Whether an input stream has a credit.

        Raises:
            InvalidStreamNumber: there is no such input.
            TransformTypeNotSet: a media type is missing.
        """
        with self._open() as ledger:
            stream_in(id, self._driver.ids[0], "input")
            ledger.check_types()
            return InputStatus.ACCEPT_DATA if ledger.credits.get(id) else InputStatus.NONE

    # MF: IMFTransform::GetOutputStatus
    def output_status(self) -> OutputStatus:
        """Whether `process_output` has something to deliver.

        Raises:
            TransformTypeNotSet: a media type is missing.
        """
        with self._open() as ledger:
            if ledger.ready:
                return OutputStatus.SAMPLE_READY
            ledger.check_types()
            return OutputStatus.NONE
