"""Disks that break at a chosen operation: they die, lose power, forget a sync, or refuse."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graph.durable import Disk


class Death(BaseException):
    """The process is gone; no handler of ordinary errors may stop it."""


class Quick(Disk):
    """The operations without the wait: what is durable is played, not asked of the machine."""

    def sync_file(self, path):
        path.stat()

    def sync_folder(self, path):
        path.stat()


@dataclass
class Undo:
    """How to take back a change of names, and the folders whose sync makes it stay."""

    folders: set[Path]
    take_back: Callable[[], None]


class Mortal(Quick):
    """Dies at one operation, and knows what a power cut would then lose."""

    def __init__(self, aside: Path, at: int = 0, where: str = "after"):
        self.aside, self.at, self.where = aside, at, where
        self.count = 0
        self.dead = False
        self.synced: dict[int, int] = {}  # file number -> how many of its bytes are durable
        self.names: list[Undo] = []

    def make_folder(self, path):
        new = not path.exists()
        self._do(lambda: super(Mortal, self).make_folder(path))
        if new:
            self._named({path.parent}, lambda: shutil.rmtree(path, ignore_errors=True))

    def fill(self, path, write):
        def half():
            given = write(path)
            os.truncate(path, path.stat().st_size // 2)
            return given

        def whole():
            return super(Mortal, self).fill(path, write)

        new = not path.exists()
        try:
            return self._do(whole, half)
        finally:
            self._written(path, new, 0)

    def append(self, path, data):
        new = not path.exists()
        durable = 0 if new else self.synced.get(path.stat().st_ino, path.stat().st_size)
        plain = super().append
        try:
            self._do(lambda: plain(path, data), lambda: plain(path, data[: len(data) // 2]))
        finally:
            self._written(path, new, durable)

    def rename(self, source, target):
        kept = self._keep(target) if target.exists() else None

        def take_back():
            if target.exists() and not source.exists():
                target.rename(source)
                if kept is not None:
                    shutil.copy2(kept, target)

        self._do(lambda: super(Mortal, self).rename(source, target))
        self._named({source.parent, target.parent}, take_back)

    def remove(self, path):
        if not path.exists():
            return self._do(lambda: None)
        kept = self._keep(path)

        def half():
            if path.is_dir():
                for child in sorted(path.iterdir())[:1]:
                    Disk().remove(child)

        def take_back():
            if not path.exists() and path.parent.is_dir():
                (shutil.copytree if kept.is_dir() else shutil.copy2)(kept, path)

        self._do(lambda: super(Mortal, self).remove(path), half)
        self._named({path.parent}, take_back)
        return None

    def sync_file(self, path):
        self._do(lambda: self.synced.__setitem__(path.stat().st_ino, path.stat().st_size))

    def sync_folder(self, path):
        self._do(lambda: self._folder_synced(path))

    def lose_power(self, coin: random.Random, out: Path):
        """Leave in `out` what a power cut could leave."""
        for path in sorted(path for path in out.rglob("*") if path.is_file()):
            size = path.stat().st_size
            durable = self.synced.get(path.stat().st_ino, size)
            if durable < size:
                kept = coin.randint(durable, size)
                os.truncate(path, kept)
                if coin.random() < 0.5:
                    os.truncate(path, size)  # the length was durable, the bytes were not
        for undo in reversed(self.names):
            if coin.random() < 0.5:
                undo.take_back()

    def _do(self, act, half=lambda: None):
        if self.dead:
            raise Death
        self.count += 1
        if self.count != self.at:
            return act()
        self.dead = True
        if self.where == "inside":
            half()
        if self.where == "after":
            act()
        raise Death

    def _written(self, path, new, durable):
        if path.exists():
            self.synced[path.stat().st_ino] = durable
            if new:
                self._named({path.parent}, lambda: path.unlink(missing_ok=True))

    def _named(self, folders, take_back):
        self.names.append(Undo(folders, take_back))

    def _folder_synced(self, path):
        for undo in self.names:
            undo.folders.discard(path)
        self.names = [undo for undo in self.names if undo.folders]

    def _keep(self, path):
        kept = self.aside / str(len(list(self.aside.iterdir())))
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, kept)
        return kept


class WithoutFileSync(Mortal):
    """A build that forgot to sync files."""

    def sync_file(self, path):
        self._do(lambda: None)


class WithoutFolderSync(Mortal):
    """A build that forgot to sync folders."""

    def sync_folder(self, path):
        self._do(lambda: None)


class Full(Quick):
    """Refuses one operation as a full, broken or forbidden disk does."""

    def __init__(self, at: int, code: int):
        self.at, self.code, self.count = at, code, 0

    def fill(self, path, write):
        if self._refuses():
            write(path)
            os.truncate(path, path.stat().st_size // 2)
            self._refuse(path)
        return super().fill(path, write)

    def _refuses(self):
        self.count += 1
        return self.count == self.at

    def _refuse(self, path):
        raise OSError(self.code, os.strerror(self.code), str(path))


def _refusing(name):
    def act(self, path, *rest):
        if self._refuses():
            self._refuse(path)
        return getattr(Quick, name)(self, path, *rest)

    return act


for _name in ("make_folder", "append", "sync_file", "sync_folder", "rename", "remove"):
    setattr(Full, _name, _refusing(_name))
