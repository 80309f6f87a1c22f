"""Every method of the four interfaces is there, under the line that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gpumft.mft import Transform
from gpumft.mft.asynchronous import AsyncTransform, EventGenerator, EventQueue

FOLDER = Path(__file__).parents[3] / "gpumft" / "mft" / "asynchronous"
TEXT = "\n".join(path.read_text("utf-8") for path in sorted(FOLDER.glob("*.py")))
IMF_TRANSFORM = {
    "GetStreamLimits": "stream_limits",
    "GetStreamCount": "stream_count",
    "GetStreamIDs": "stream_ids",
    "GetInputStreamInfo": "input_stream_info",
    "GetOutputStreamInfo": "output_stream_info",
    "GetAttributes": "attributes",
    "GetInputStreamAttributes": "input_stream_attributes",
    "GetOutputStreamAttributes": "output_stream_attributes",
    "DeleteInputStream": "delete_input_stream",
    "AddInputStreams": "add_input_streams",
    "GetInputAvailableType": "input_available_type",
    "GetOutputAvailableType": "output_available_type",
    "SetInputType": "set_input_type",
    "SetOutputType": "set_output_type",
    "GetInputCurrentType": "input_current_type",
    "GetOutputCurrentType": "output_current_type",
    "GetInputStatus": "input_status",
    "GetOutputStatus": "output_status",
    "SetOutputBounds": "set_output_bounds",
    "ProcessEvent": "process_event",
    "ProcessMessage": "process_message",
    "ProcessInput": "process_input",
    "ProcessOutput": "process_output",
}
GENERATOR = {
    "GetEvent": "get_event",
    "BeginGetEvent": "begin_get_event",
    "EndGetEvent": "end_get_event",
    "QueueEvent": "queue_event",
}
INTERFACES = {
    "IMFTransform": (IMF_TRANSFORM, AsyncTransform),
    "IMFMediaEventGenerator": (GENERATOR, EventGenerator),
    # The other two QueueEvent... methods of IMFMediaEventQueue make the event on the way.
    "IMFMediaEventQueue": ({**GENERATOR, "Shutdown": "shutdown"}, EventQueue),
    "IMFShutdown": (
        {"Shutdown": "shutdown", "GetShutdownStatus": "shutdown_status"},
        AsyncTransform,
    ),
}


@pytest.mark.parametrize("name", INTERFACES)
def test_every_method_is_there_under_its_line(name: str) -> None:
    methods, owner = INTERFACES[name]
    line = rf"# MF: {name}::(\w+)\n(?:    @property\n)?    def (\w+)"
    assert dict(re.findall(line, TEXT)) == methods
    assert all(hasattr(owner, method) for method in methods.values())


def test_only_asynchronous_transforms_generate_events() -> None:
    for name in (*GENERATOR.values(), "shutdown", "unlock"):
        assert hasattr(AsyncTransform, name)
        assert not hasattr(Transform, name)
