"""What every object of the engine has in common: its calls are counted, its members lead to UNO's by their path."""

import functools
import sys
from operator import attrgetter

ENGINE = ("calc_engine", "calc_members")


class Counted:
    """Counts what xlwings asks of the engine: every property, method, look-up by key, length and item of a loop.

    In Excel each of them is a call into another process, also one that only leads to a further object. What the engine
    asks of itself does not count.
    """

    calls = 0

    def __init_subclass__(cls):
        for name in ("__call__", "__len__", "__iter__", "__getitem__"):
            if name in vars(cls):
                setattr(cls, name, counted(vars(cls)[name]))

    def __getattribute__(self, name):
        if name[0] != "_" and from_outside():
            Counted.calls += 1
        return object.__getattribute__(self, name)

    def __setattr__(self, name, value):
        if name[0] != "_" and name != "options" and from_outside():
            Counted.calls += 1
        object.__setattr__(self, name, value)


def from_outside():
    """Whether the member is asked for by xlwings or by a macro, not by the engine."""
    return sys._getframe(2).f_globals.get("__name__", "").rpartition(".")[2] not in ENGINE


def counted(method):
    @functools.wraps(method)
    def counting(self, *arguments):
        if not from_outside():
            return method(self, *arguments)
        Counted.calls += 1
        found = method(self, *arguments)
        return map(counted_item, found) if method.__name__ == "__iter__" else found

    return counting


def counted_item(item):
    Counted.calls += 1
    return item


class Of:
    """A member of xlwings that is a property of UNO or a thing of ours, by its path from ``self``.

    ``read`` makes xlwings' value of it. Only with ``write`` can it be set; that makes UNO's value.
    """

    def __init__(self, path, read=None, write=None):
        self.owner, _, self.last = path.rpartition(".")
        self.value, self.read, self.write = attrgetter(path), read, write

    def __get__(self, item, cls=None):
        value = self.value(item)
        return self.read(value) if self.read else value

    def __set__(self, item, value):
        if self.write is None:
            raise NotImplementedError(f"{type(item).__name__}.{self.last} cannot be set")
        setattr(attrgetter(self.owner)(item) if self.owner else item, self.last, self.write(value))


def same(value):
    return value


def part(kind):
    """A member that is an object over the same thing: the font of cells, the charts of a sheet."""
    return property(lambda item: kind()(item))  # noqa: PLW0108 - the kind is not defined yet


class Part(Counted):
    """Something of ``owner``: a sheet of a book, a font of cells; ``xl`` is UNO's own object."""

    def __init__(self, owner, xl=None):
        self.owner, self.xl = owner, xl


class Collection(Part):
    """The sheets of a book, the charts of a sheet: by number or name, or one after the other."""

    def __len__(self):
        return len(self._all())

    def __iter__(self):
        return iter(self._all())

    def __call__(self, key):
        for number, one in enumerate(self._all(), start=1):
            if key == number or str(key).lower() == one.name.lower():
                return one
        raise KeyError(key)
