"""A compound file ([MS-CFB]) read strictly: what its rules forbid is listed, nothing is forgiven."""

import struct
from collections import Counter
from dataclasses import dataclass

FREE, END, FAT_SECTOR, DIFAT_SECTOR, NOTHING = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFFFF
EMPTY, STORAGE, STREAM, ROOT = 0, 1, 2, 5
RED, BLACK = 0, 1
SECTOR, MINI, CUTOFF = 512, 64, 4_096


@dataclass(frozen=True)
class Entry:
    """One entry of the directory."""

    name: str
    kind: int
    colour: int
    left: int
    right: int
    child: int
    start: int
    size: int
    raw: bytes

    @property
    def key(self):
        """What siblings are ordered by: length, then upper case ([MS-CFB] 2.6.4)."""
        return len(self.name.encode("utf-16-le")), self.name.upper()


class CompoundFile:
    """A file of version 3; ``problems`` holds what offends outside the directory."""

    def __init__(self, content):
        self.content = content
        self.problems = []
        self.sectors = len(content) // SECTOR - 1
        if len(content) % SECTOR:
            self.problems.append("its length is no multiple of a sector")
        self._header()
        self.used = Counter()
        self.fat = self._table()
        self.entries = self._directory()
        self.mini_fat = self._numbers(self.chain(self._word(60))) if self._word(64) else []
        root = self.entries[0]
        self.mini_stream = b"".join(map(self._sector, self.chain(root.start))) if root.size else b""
        self.mini_used = Counter()
        self.streams = {i: self._read(entry) for i, entry in enumerate(self.entries) if entry.kind == STREAM}
        self._account()

    def _word(self, at):
        return struct.unpack_from("<I", self.content, at)[0]

    def _header(self):
        """[MS-CFB] 2.2."""
        head = self.content
        wanted = {
            "signature": head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "class id": head[8:24] == bytes(16),
            "version": struct.unpack_from("<HHHH", head, 26) == (3, 0xFFFE, 9, 6),
            "reserved bytes": head[34:44] == bytes(10),
            "cut-off": self._word(56) == CUTOFF,
        }
        self.problems += [f"header: {name}" for name, good in wanted.items() if not good]

    def _sector(self, number):
        return self.content[SECTOR * (number + 1) : SECTOR * (number + 2)]

    def _numbers(self, sectors):
        return [one for number in sectors for one in struct.unpack("<128I", self._sector(number))]

    def _table(self):
        """The FAT ([MS-CFB] 2.3), which marks its own sectors."""
        listed = [one for one in struct.unpack_from("<109I", self.content, 76) if one != FREE]
        if len(listed) != self._word(44) or self._word(72):
            self.problems.append(f"{len(listed)} FAT sectors of {self._word(44)}")
        fat = self._numbers(listed)
        self.used.update(listed)
        self.problems += [f"sector {one} is not marked as FAT" for one in listed if fat[one] != FAT_SECTOR]
        return fat

    def chain(self, start):
        """Sectors of a chain; a break, a loop or a sector outside the file is a problem."""
        found = []
        while start != END:
            if start >= min(self.sectors, len(self.fat)) or start in found:
                self.problems.append(f"a chain breaks at sector {start:#x}")
                break
            found.append(start)
            start = self.fat[start]
        self.used.update(found)
        return found

    def _directory(self):
        """[MS-CFB] 2.6."""
        content = b"".join(map(self._sector, self.chain(self._word(48))))
        found = []
        for at in range(0, len(content), 128):
            raw = content[at : at + 128]
            length, kind, colour, left, right, child = struct.unpack_from("<HBBIII", raw, 64)
            start, size = struct.unpack_from("<IQ", raw, 116)
            name = raw[: max(length - 2, 0)].decode("utf-16-le")
            found.append(Entry(name, kind, colour, left, right, child, start, size, raw))
        return found

    def _read(self, entry):
        if entry.size >= CUTOFF:
            sectors = self.chain(entry.start)
            if len(sectors) != -(-entry.size // SECTOR):
                self.problems.append(f"{entry.name}: {entry.size} bytes in {len(sectors)} sectors")
            return b"".join(map(self._sector, sectors))[: entry.size]
        found, at = [], entry.start if entry.size else END
        while at != END:
            if at >= len(self.mini_fat) or at in found:
                self.problems.append(f"{entry.name}: its mini chain breaks at {at:#x}")
                break
            found.append(at)
            at = self.mini_fat[at]
        self.mini_used.update(found)
        if len(found) != -(-entry.size // MINI):
            self.problems.append(f"{entry.name}: {entry.size} bytes in {len(found)} mini sectors")
        return b"".join(self.mini_stream[MINI * one : MINI * (one + 1)] for one in found)[: entry.size]

    def _account(self):
        """Each sector belongs to one chain, and is free if to none."""
        self.problems += [f"sector {one} is in {count} chains" for one, count in self.used.items() if count > 1]
        self.problems += [
            f"mini sector {one} is in {count} chains" for one, count in self.mini_used.items() if count > 1
        ]
        for one in range(self.sectors):
            if (self.fat[one] == FREE) != (one not in self.used):
                self.problems.append(f"sector {one} is {'lost' if one not in self.used else 'free and used'}")
        self.problems += ["the FAT goes beyond the file"] * any(one != FREE for one in self.fat[self.sectors :])

    def stream(self, storage, name):
        """Content of a stream of a storage (``""`` for the root), None if there is none of the name."""
        parent = next(i for i, one in enumerate(self.entries) if one.name == storage) if storage else 0
        return next((self.streams[i] for i in self.members(parent) if self.entries[i].name == name), None)

    def members(self, parent):
        """Entries of a storage, as its tree gives them."""
        found, at = [], [self.entries[parent].child]
        while at:
            one = at.pop()
            if one < len(self.entries) and one not in found:
                found.append(one)
                at += [self.entries[one].left, self.entries[one].right]
        return found

    def tree_problems(self):
        """What [MS-CFB] 2.6.1, 2.6.2 and 2.6.4 forbid in the directory."""
        entries = self.entries
        root = entries[0]
        if (root.kind, root.name, root.left, root.right) != (ROOT, "Root Entry", NOTHING, NOTHING):
            yield "the first entry is no root"
        seen = Counter([0])
        for number, entry in enumerate(entries):
            if entry.kind == EMPTY:
                if entry.raw[:68] + entry.raw[80:] != bytes(116) or entry.raw[68:80] != b"\xff" * 12:
                    yield f"entry {number} is empty and not blank"
                continue
            if entry.kind not in (STORAGE, STREAM, ROOT) or (entry.kind == ROOT) != (number == 0):
                yield f"{entry.name}: kind {entry.kind}"
            if entry.colour not in (RED, BLACK) or not 1 <= len(entry.name) <= 31 or set(entry.name) & set("/\\:!"):
                yield f"{entry.name}: colour {entry.colour} or its name"
            if entry.kind == STREAM and (entry.child != NOTHING or entry.raw[80:96] != bytes(16)):
                yield f"{entry.name}: a stream with children or a class id"
            if entry.child != NOTHING:
                if entries[entry.child].colour != BLACK:
                    yield f"{entry.name}: the top of its tree is red"
                yield from self._subtree(entry.child, None, None, seen)
        yield from (f"entry {one} is reached {count} times" for one, count in seen.items() if count != 1)
        lost = {i for i, one in enumerate(entries) if one.kind != EMPTY} - set(seen)
        yield from (f"{entries[one].name} is reached by nothing" for one in lost)

    def _subtree(self, number, low, high, seen):
        entry = self.entries[number]
        seen[number] += 1
        if seen[number] > 1:
            return
        if (low is not None and entry.key <= low) or (high is not None and entry.key >= high):
            yield f"{entry.name} stands out of order"
        for side, bounds in ((entry.left, (low, entry.key)), (entry.right, (entry.key, high))):
            if side == NOTHING:
                continue
            if side >= len(self.entries):
                yield f"{entry.name}: sibling {side:#x}"
                continue
            if entry.colour == RED and self.entries[side].colour == RED:
                yield f"{entry.name} and {self.entries[side].name} are both red"
            yield from self._subtree(side, *bounds, seen)
