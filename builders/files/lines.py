"""Text files: their bytes checked for what is no UTF-8 text, and cut where lines end."""

from __future__ import annotations

from collections.abc import Iterator

from builders.files.batches import LONGEST_VALUE
from builders.files.codecs import chunks, refuse_foreign, sniff
from builders.files.listing import ExtractFile
from builders.files.names import shown_text
from graph.errors import ExtractError

UTF8_MARK = b"\xef\xbb\xbf"

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT = 4096
_BINARY_SUFFIXES = (".parquet", ".parq", ".pq", ".orc", ".avro", ".rcfile", ".seq")
_EMPTY = "the file is empty"


def text_chunks(file: ExtractFile, notes: list[str]) -> Iterator[bytes]:
    """A text file's bytes, decompressed, without a byte order mark.

    Args:
        file: the file.
        notes: takes what was met and is no fault: an empty file, a mark, a name that says less.

    Raises:
        ExtractError: the content is no text, or not what the file's name says.
    """
    if not file.bytes:
        notes.append(f"{_EMPTY} (0 bytes)")
        return
    codec = _codec(file, notes)
    first = True
    for chunk in chunks(file.path, codec):
        if first:
            _refuse_other_encodings(chunk)
            if chunk.startswith(UTF8_MARK):
                notes.append("a byte order mark was stripped")
                chunk = chunk[len(UTF8_MARK) :]
        first = False
        yield chunk
    if first:
        notes.append(f"{_EMPTY} (nothing in the {codec} data)")


def whole_lines(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The stream's bytes in blocks that end where a line ends (the last may lack its line end).

    Of a line that is longer than a value may be, the end is dropped so that it need not be held;
    enough is left to see that it is too long.
    """
    rest = b""
    for chunk in stream:
        if len(rest) > LONGEST_VALUE and b"\n" not in chunk:
            continue
        data = rest + chunk
        end = data.rfind(b"\n") + 1
        if end:
            yield data[:end]
        rest = data[end : end + LONGEST_VALUE + 1]
    if rest:
        yield rest


def _codec(file: ExtractFile, notes: list[str]) -> str:
    suffix = file.path.suffix.lower()
    sniffed = sniff(file.path)
    refuse_foreign(sniffed)
    if sniffed.container:
        message = f"it is a {sniffed.container} file, not text; declare its format"
        raise ExtractError(message)
    if suffix in _BINARY_SUFFIXES:
        message = f"it is named `{shown_text(suffix)}` and is none; name it for what it is"
        raise ExtractError(message)
    if sniffed.suffix_codec and not sniffed.codec:
        message = (
            f"it is named `{shown_text(suffix)}` and holds no {sniffed.suffix_codec} data;"
            " was it decompressed and not renamed?"
        )
        raise ExtractError(message)
    if sniffed.codec and sniffed.suffix_codec != sniffed.codec:
        notes.append(f"read as {sniffed.codec} by its content; its name does not say so")
    return sniffed.codec


def _refuse_other_encodings(head: bytes) -> None:
    looked_at = head[:_LOOKED_AT]
    if looked_at.startswith(_UTF16_MARKS):
        message = "it is UTF-16 (it begins with that byte order mark); convert it to UTF-8"
        raise ExtractError(message)
    if looked_at[257:262] == b"ustar":
        message = "it is a tar archive; unpack it first"
        raise ExtractError(message)
    half = max(len(looked_at) // 2, 1)
    evens, odds = looked_at[0::2].count(0) / half, looked_at[1::2].count(0) / half
    if len(looked_at) > 3 and max(evens, odds) > 0.4:
        message = "every other byte of it is NUL: UTF-16 or UTF-32 text, or no text; convert it"
        raise ExtractError(message)
