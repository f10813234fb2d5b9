"""Excel's objects as the macros call them: in English whatever Windows speaks, and with patience while Excel is busy.

pywin32 has three ways of its own that Excel takes amiss. It calls in the language 0, which Excel takes for that of
Windows: it would read number formats and formulas as local ones. It leaves out, with an argument that is absent, all
that follow. And it sends null for None where Excel wants nothing. All calls go through one place, so this is put right
in one place, for xlwings' calls as for ours.
"""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ENGLISH: Final = 0x409
PATIENCE: Final = 20.0
"""Seconds that Excel may be busy in all, until a macro gives up."""
PAUSE: Final = 0.1

_BUSY = {
    -2147418111,  # RPC_E_CALL_REJECTED: a cell is being edited, a dialog is open
    -2147417846,  # RPC_E_SERVERCALL_RETRYLATER
    -2146777998,  # VBA_E_IGNORE
}
_GONE = {
    -2147023174,  # RPC_S_SERVER_UNAVAILABLE
    -2147023170,  # RPC_S_CALL_FAILED
    -2147023169,  # RPC_S_CALL_FAILED_DNE
    -2147417848,  # RPC_E_DISCONNECTED
    -2147418105,  # RPC_E_SERVER_DIED
    -2147418094,  # RPC_E_SERVER_DIED_DNE
    -2147220995,  # CO_E_OBJNOTCONNECTED
}
_OPTIONAL = 16  # PARAMFLAG_FOPT


class ExcelAwayError(Exception):
    """Excel does not answer; the message says why and what to do."""


class Patience:
    """How long is still waited while Excel is busy; one for all objects of a workbook."""

    def __init__(self, seconds: float = PATIENCE) -> None:
        self._seconds = self.left = seconds

    def renew(self) -> None:
        """Wait as long as at the start."""
        self.left = self._seconds

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call, again and again while Excel is busy.

        Raises:
            ExcelAwayError: Excel is busy for too long, or closed.
        """
        from pythoncom import com_error  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415 - Windows only

        while True:
            try:
                return function(*arguments)
            except com_error as problem:
                results = {problem.hresult, (problem.excepinfo or (None,))[-1]}
                if results & _GONE:
                    raise ExcelAwayError("Excel was closed in the middle of the work.") from problem
                if not results & _BUSY:
                    raise
                if self.left <= 0:
                    raise ExcelAwayError(
                        "Excel is busy: a cell is being edited or a dialog is open. Press Enter or Esc in the cell, "
                        "close the dialog, and try again."
                    ) from problem
            began = monotonic()
            sleep(PAUSE)
            self.left -= monotonic() - began


class EnglishCalls:
    """Stands before an ``IDispatch`` and passes calls on, in English; so do the objects that come back."""

    def __init__(self, pointer: Any, patience: Patience) -> None:
        self.pointer, self._patience = pointer, patience

    def GetIDsOfNames(self, *names: Any) -> Any:  # noqa: N802 - pywin32's names
        """Look a member up."""
        return self._patience.call(self.pointer.GetIDsOfNames, *names)

    def GetTypeInfo(self, *place: Any) -> Any:  # noqa: N802
        """What Excel tells about its members."""
        return self._patience.call(self.pointer.GetTypeInfo, *place)

    def Invoke(self, member: int, _language: int, kind: int, wants: int, *arguments: Any) -> Any:  # noqa: N802
        """Call a member without knowing its types."""
        given = map(_bare, arguments)
        return self._answer(self._patience.call(self.pointer.Invoke, member, ENGLISH, kind, wants, *given))

    def InvokeTypes(  # noqa: N802
        self, member: int, _language: int, kind: int, result: Any, types: Any, *arguments: Any
    ) -> Any:
        """Call a member whose types are known."""
        from pythoncom import DISPID_NEWENUM  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415

        given = _given(types, arguments)
        answer = self._patience.call(self.pointer.InvokeTypes, member, ENGLISH, kind, result, types, *given)
        return _EnglishItems(answer, self._patience) if member == DISPID_NEWENUM else self._answer(answer)

    def _answer(self, answer: Any) -> Any:
        return in_english(answer, self._patience) if _is_pointer(answer) else answer

    def __eq__(self, other: object) -> bool:
        return bool(self.pointer == getattr(other, "pointer", other))

    def __hash__(self) -> int:
        return hash(self.pointer)


class _EnglishItems:
    """Stands before an ``IEnumVARIANT``."""

    def __init__(self, pointer: Any, patience: Patience) -> None:
        from pythoncom import IID_IEnumVARIANT  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415

        self._pointer, self._patience = pointer.QueryInterface(IID_IEnumVARIANT), patience

    def QueryInterface(self, *_: Any) -> _EnglishItems:  # noqa: N802
        """It is an enumerator already."""
        return self

    def Next(self, *count: int) -> tuple[Any, ...]:  # noqa: N802
        """The next items."""
        items = self._patience.call(self._pointer.Next, *count)
        return tuple(in_english(item, self._patience) if _is_pointer(item) else item for item in items)

    def Reset(self) -> None:  # noqa: N802
        """Begin again."""
        self._patience.call(self._pointer.Reset)

    def Skip(self, count: int) -> None:  # noqa: N802
        """Leave some out."""
        self._patience.call(self._pointer.Skip, count)


def in_english(pointer: Any, patience: Patience | None = None) -> Any:
    """One of Excel's objects for late-bound calls, all in English.

    Args:
        pointer: ``IDispatch``, or pywin32's object around one.
        patience: How long to wait while Excel is busy; None: as long as a macro may.
    """
    from win32com.client import Dispatch  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415

    bare = getattr(pointer, "_oleobj_", pointer)
    return Dispatch(bare if isinstance(bare, EnglishCalls) else EnglishCalls(bare, patience or Patience()))


def patience_of(thing: Any) -> Patience | None:
    """How long is still waited for an object of :func:`in_english`; None: it is none."""
    calls = getattr(thing, "_oleobj_", None)
    return calls._patience if isinstance(calls, EnglishCalls) else None  # noqa: SLF001 - of this module


def _is_pointer(thing: Any) -> bool:
    import pythoncom  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415

    return isinstance(thing, pythoncom.TypeIIDs[pythoncom.IID_IDispatch])


def _bare(argument: Any) -> Any:
    calls = getattr(argument, "_oleobj_", None)
    return calls.pointer if isinstance(calls, EnglishCalls) else argument


def _given(types: Iterable[Any], arguments: tuple[Any, ...]) -> list[Any]:
    """Arguments as Excel wants them: absent ones are absent, not null, and keep the place of those that follow."""
    from pythoncom import ArgNotFound, Missing  # type: ignore[import-untyped,unused-ignore] # noqa: PLC0415

    given = [
        ArgNotFound if value is Missing or (value is None and kind[1] & _OPTIONAL) else _bare(value)
        for kind, value in zip(types, arguments, strict=False)
    ]
    given += map(_bare, arguments[len(given) :])
    while given and given[-1] is ArgNotFound:
        given.pop()
    return given
