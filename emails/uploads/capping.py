"""A request with files that are too large together: none of it is kept, and whoever sent it is told so."""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from mailai.http import View

PIECE = 64 * 1024  # bytes


class Cap(FileUploadHandler):
    """First of a request's upload handlers: stops the others beyond so many bytes of files."""

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


def heard_out(view: View) -> View:
    """A browser that is still sending takes an early answer for a broken connection, so all is read before it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        with suppress(UnreadablePostError):  # it has gone
            while request.read(PIECE):
                pass
        return response

    return answer
