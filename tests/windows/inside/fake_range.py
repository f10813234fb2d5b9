"""A COM object that stands for Excel's Range (and workbook), with the type information of one, counting calls."""

import ctypes
import uuid
from ctypes import POINTER, byref, c_int, c_long, c_uint, c_ushort, c_void_p

from com import VT_DISPATCH, Variant, fill, oleaut

S_OK, E_NOINTERFACE, DISP_E_UNKNOWNNAME = 0, -2147467262, -2147352570
IID_UNKNOWN = uuid.UUID("00000000-0000-0000-C000-000000000046").bytes_le
IID_DISPATCH = uuid.UUID("00020400-0000-0000-C000-000000000046").bytes_le
IID_TYPE_INFO = uuid.UUID("00020401-0000-0000-C000-000000000046").bytes_le
IID_RANGE = uuid.UUID("00020846-0000-0000-C000-000000000046").bytes_le
DISPATCH_KIND, WIN64 = 4, 3

oleaut.VariantCopy.argtypes = [c_void_p, c_void_p]


def method(pointer, index, *types):
    table = ctypes.cast(ctypes.cast(pointer, POINTER(c_void_p))[0], POINTER(c_void_p))
    return ctypes.WINFUNCTYPE(c_int, c_void_p, *types)(table[index])


def type_info():
    """Type information that says: an Excel Range. xlwings looks at its identifier."""
    library, create, info = c_void_p(), c_void_p(), c_void_p()
    assert oleaut.CreateTypeLib2(WIN64, ctypes.c_wchar_p("fake.tlb"), byref(library)) == S_OK
    add = method(library, 3, ctypes.c_wchar_p, c_int, c_void_p)
    assert add(library, "Range", DISPATCH_KIND, byref(create)) == S_OK
    assert method(create, 3, c_void_p)(create, IID_RANGE) == S_OK
    assert method(create, 0, c_void_p, c_void_p)(create, IID_TYPE_INFO, byref(info)) == S_OK
    return info


class FakeRange:
    """Answers ``Value`` with its value, ``Count`` with 0, ``Hwnd`` with a window, an object asked for with itself.

    Args:
        value: As the client's requests write it.
    """

    _info = None
    _alive = []  # noqa: RUF012 - COM holds pointers to them

    def __init__(self, value):
        if FakeRange._info is None:
            FakeRange._info = type_info()
        self.calls = 0
        self._value = Variant()
        fill(self._value, value)
        self._names = []
        kinds = {
            self._query: (c_int, c_void_p, c_void_p, POINTER(c_void_p)),
            self._count_references: (c_uint, c_void_p),
            self._type_info_count: (c_int, c_void_p, POINTER(c_uint)),
            self._type_info: (c_int, c_void_p, c_uint, c_uint, POINTER(c_void_p)),
            self._identifiers: (c_int, c_void_p, c_void_p, POINTER(ctypes.c_wchar_p), c_uint, c_uint, POINTER(c_long)),
            self._invoke: (
                c_int, c_void_p, c_long, c_void_p, c_uint, c_ushort, c_void_p, POINTER(Variant), c_void_p, c_void_p
            ),
        }  # fmt: skip
        made = {function: ctypes.WINFUNCTYPE(*kind)(function) for function, kind in kinds.items()}
        order = [
            self._query, self._count_references, self._count_references, self._type_info_count, self._type_info,
            self._identifiers, self._invoke,
        ]  # fmt: skip
        self._methods = [made[function] for function in order]
        self._table = (c_void_p * 7)(*(ctypes.cast(one, c_void_p).value for one in self._methods))
        self._object = (c_void_p * 1)(ctypes.addressof(self._table))
        self.pointer = ctypes.addressof(self._object)
        self._alive.append(self)

    def _query(self, _, wanted, found):
        if ctypes.string_at(wanted, 16) in (IID_UNKNOWN, IID_DISPATCH):
            found[0] = self.pointer
            return S_OK
        found[0] = None
        return E_NOINTERFACE

    def _count_references(self, _):
        return 1

    def _type_info_count(self, _, count):
        self.calls += 1
        count[0] = 1
        return S_OK

    def _type_info(self, _, __, ___, found):
        self.calls += 1
        method(self._info, 1)(self._info)
        found[0] = self._info.value
        return S_OK

    def _identifiers(self, _, __, names, count, ___, identifiers):
        self.calls += 1
        for place in range(count):
            if names[place] not in self._names:
                self._names.append(names[place])
            identifiers[place] = self._names.index(names[place]) + 1
        return S_OK

    def _invoke(self, _, identifier, __, ___, ____, _____, result, ______, _______):
        self.calls += 1
        name = self._names[identifier - 1] if 0 < identifier <= len(self._names) else ""
        if not result:
            return S_OK
        if name in ("Value", "Value2"):
            return oleaut.VariantCopy(result, byref(self._value))
        if name == "Count":
            fill(result[0], 0.0)
        elif name == "Hwnd":
            fill(result[0], {"integer": ctypes.windll.user32.GetDesktopWindow()})
        elif name in ("Name", "Address", "FullName"):
            fill(result[0], "Book1")
        else:
            result[0].vt, result[0].pointer = VT_DISPATCH, self.pointer
        return S_OK
