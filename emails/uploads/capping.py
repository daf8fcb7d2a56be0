"""A request with files that are too large together is stopped while it comes in, and none of it is kept."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class Cap(FileUploadHandler):
    """First of a request's upload handlers. What still comes is read and thrown away, so that the answer gets there."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.left = most

    @property
    def exceeded(self) -> bool:
        return self.left < 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.left -= len(raw_data)
        if self.exceeded:
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None  # the handlers behind this one make the file
