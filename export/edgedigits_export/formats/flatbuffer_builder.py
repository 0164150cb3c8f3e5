"""A flatbuffer builder that stores equal vectors and strings once."""

from __future__ import annotations

from typing import Any

import flatbuffers


class SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Points to a vector or string that was written before instead of writing it again.

    Any number of tables may point to one vector, and readers follow the pointer without knowing. In a TensorFlow Lite
    file of per-channel integers most zero points are the same row of 64-bit zeros: a tenth of a small model.

    Byte vectors lie on 16 bytes, as the schema of TensorFlow Lite asks for buffers; its generated code would not.
    """

    head: int  # the base's: where the last written byte is

    def __init__(self, size: int = 1024) -> None:
        super().__init__(size)
        self._written: dict[tuple[int, int, bytes], int] = {}
        self._before = self._element = self._alignment = 0
        self._movable = False

    def StartVector(self, element: int, count: int, alignment: int) -> Any:  # noqa: N802 - the base's name
        """Begin a vector of `count` elements of `element` bytes."""
        self._before, self._element = self.Offset(), element
        self._alignment, self._movable = 16 if element == 1 else alignment, True
        return super().StartVector(element, count, self._alignment)

    def PrependUOffsetTRelative(self, offset: int) -> None:  # noqa: N802 - the base's name
        """Point to something; from where it stands, so that equal bytes elsewhere point to something else."""
        self._movable = False
        super().PrependUOffsetTRelative(offset)

    def EndVector(self, count: int | None = None) -> int:  # noqa: N802 - the base's name
        """Finish a vector; its place, or that of an equal one."""
        length = 4 + self._element * self.vectorNumElems
        end = int(super().EndVector(count))
        if not self._movable:  # it points somewhere, or was begun in another way
            return end
        self._movable = False
        content = self._element, self._alignment, bytes(self.Bytes[self.head : self.head + length])
        place = self._written.setdefault(content, end)
        if place != end:
            self.head = len(self.Bytes) - self._before
        return place

    def CreateString(self, text: str | bytes, *options: Any) -> int:  # noqa: N802 - the base's name
        """Write a string; its place, or that of an equal one."""
        # Bytes on 4: no vector has this pair, so a string, which ends in a zero, is only ever taken for a string.
        self._before, self._element, self._alignment, self._movable = self.Offset(), 1, 4, True
        return int(super().CreateString(text, *options))
