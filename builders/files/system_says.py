"""What the system says of a file that it does not hand over: no fault of what lies in the file."""

from __future__ import annotations

import errno
from typing import TypeGuard

from builders.files.names import first_line


def is_of_the_system(error: BaseException) -> TypeGuard[OSError]:
    """Whether a right, a disk, a network or this machine failed, and not what a library read.

    Libraries raise `OSError` for damage as well, without a number; where damage has them look for
    bytes at an impossible place, the system finds that the place is invalid.
    """
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


def system_says(error: OSError) -> str:
    """The system's words, without the path: it stands beside them already."""
    return (error.strerror or first_line(error)).lower()
