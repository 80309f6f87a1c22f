"""Sources, sinks and what runs between them: files, and the threaded transcode."""

from gpumft.pipeline.files.packets import EncodedPacket, PacketType
from gpumft.pipeline.files.reader import Reader, open  # noqa: A004 - as in gm.open
from gpumft.pipeline.files.writer import Writer, create
from gpumft.pipeline.report import Progress, Report
from gpumft.pipeline.transcoding import transcode

__all__ = [
    "EncodedPacket",
    "PacketType",
    "Progress",
    "Reader",
    "Report",
    "Writer",
    "create",
    "open",
    "transcode",
]
