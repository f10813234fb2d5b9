"""Stands in for Excel's own objects: takes whatever is asked of them and keeps it."""


class Recorder:
    """Takes every call and attribute; ``log`` holds what was set or called, ``asked`` how often Excel would be asked.

    A method with its arguments is asked once; so is a property, also one that only leads to a further object.
    """

    def __init__(self, path="", root=None):
        self.__dict__.update(path=path, root=root or self)
        if root is None:
            self.__dict__.update(log=[], asked=0)

    def _next(self, path):
        self.root.__dict__["asked"] += 1
        return type(self)(path, self.root)

    def __getattr__(self, name):
        return self._next(f"{self.path}.{name}")

    def __setattr__(self, name, value):
        self.root.log.append((f"{self.path}.{name}", value))
        self.root.__dict__["asked"] += 1

    def __call__(self, *arguments):
        self.root.log.append((f"{self.path}()", arguments))
        return type(self)(f"{self.path}()", self.root)

    def __getitem__(self, key):
        return self._next(f"{self.path}[{key}]")

    def __index__(self):
        return 0  # no series yet

    def __add__(self, other):
        return 0.0
