"""COM as VBA speaks it: pywin32 can send neither an error value nor an omitted argument."""

import ctypes
import math
from ctypes import POINTER, byref, c_double, c_int, c_long, c_short, c_uint, c_ulonglong, c_ushort, c_void_p

VT_EMPTY, VT_I4, VT_R8, VT_CY, VT_DATE, VT_BSTR, VT_DISPATCH, VT_ERROR, VT_BOOL, VT_VARIANT = (
    0,
    3,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
)
VT_ARRAY = 0x2000
OMITTED = -2147352572
EXCEL_ERROR = -2146828288
METHOD = 1

oleaut = ctypes.WinDLL("oleaut32")
oleaut.SysAllocStringLen.restype = c_void_p
oleaut.SysAllocStringLen.argtypes = [ctypes.c_wchar_p, c_uint]
oleaut.SysStringLen.argtypes = [c_void_p]
oleaut.SafeArrayCreate.restype = c_void_p
oleaut.SafeArrayCreate.argtypes = [c_ushort, c_uint, c_void_p]
oleaut.SafeArrayAccessData.argtypes = [c_void_p, c_void_p]
oleaut.SafeArrayUnaccessData.argtypes = [c_void_p]
oleaut.SafeArrayGetDim.argtypes = [c_void_p]
for bound in (oleaut.SafeArrayGetLBound, oleaut.SafeArrayGetUBound):
    bound.argtypes = [c_void_p, c_uint, POINTER(c_long)]
oleaut.VariantClear.argtypes = [c_void_p]


class Content(ctypes.Union):
    _fields_ = [("r8", c_double), ("i4", c_long), ("cy", ctypes.c_longlong), ("bool", c_short), ("pointer", c_void_p)]


class Variant(ctypes.Structure):
    _anonymous_ = ("content",)
    _fields_ = [("vt", c_ushort), ("reserved", c_ushort * 3), ("content", Content), ("rest", c_void_p)]


class Bound(ctypes.Structure):
    _fields_ = [("count", c_uint), ("lowest", c_long)]


class Parameters(ctypes.Structure):
    _fields_ = [("arguments", POINTER(Variant)), ("names", c_void_p), ("count", c_uint), ("named", c_uint)]


class ExceptionInfo(ctypes.Structure):
    """What a failing server says; xlwings' DLL takes it for given that there is one."""

    _fields_ = [
        ("code", c_ushort), ("reserved", c_ushort), ("source", c_void_p), ("description", c_void_p), ("help", c_void_p),
        ("context", c_uint), ("pointer", c_void_p), ("deferred", c_void_p), ("scode", c_int),
    ]  # fmt: skip


class ComError(Exception):
    """A call that failed; the arguments are its HRESULT and what the server says."""


def bstr(text):
    return oleaut.SysAllocStringLen(text, len(text))


def fill(variant, value):  # noqa: C901 - one kind of value after the other
    """Write a value into a VARIANT as Excel would."""
    if isinstance(value, float):
        variant.vt, variant.r8 = VT_R8, value
    elif value is None:
        variant.vt = VT_EMPTY
    elif isinstance(value, bool):
        variant.vt, variant.bool = VT_BOOL, -1 if value else 0
    elif isinstance(value, str):
        variant.vt, variant.pointer = VT_BSTR, bstr(value)
    elif isinstance(value, list):
        variant.vt, variant.pointer = VT_ARRAY | VT_VARIANT, safe_array(value)
    elif hasattr(value, "pointer"):
        variant.vt, variant.pointer = VT_DISPATCH, value.pointer
    else:
        ((kind, content),) = value.items()
        if kind == "omitted":
            variant.vt, variant.i4 = VT_ERROR, OMITTED
        elif kind == "error":
            variant.vt, variant.i4 = VT_ERROR, EXCEL_ERROR + content
        elif kind == "date":
            variant.vt, variant.r8 = VT_DATE, content
        elif kind == "currency":
            variant.vt, variant.cy = VT_CY, round(content * 10_000)
        elif kind == "integer":
            variant.vt, variant.i4 = VT_I4, content


def safe_array(value):
    """A range: two dimensions from 1, column by column. A flat list: one dimension, as an array constant in a row."""
    if value and isinstance(value[0], list):
        sizes = [len(value), len(value[0])]
        cells = [row[column] for column in range(sizes[1]) for row in value]
    else:
        sizes, cells = [len(value)], value
    bounds = (Bound * len(sizes))(*((size, 1) for size in sizes))
    array = oleaut.SafeArrayCreate(VT_VARIANT, len(sizes), bounds)
    data = POINTER(Variant)()
    oleaut.SafeArrayAccessData(array, byref(data))
    for place, cell in enumerate(cells):
        fill(data[place], cell)
    oleaut.SafeArrayUnaccessData(array)
    return array


def read(variant):
    """The value in a VARIANT, as JSON knows it; a kind that no cell takes from a function is named."""
    if variant.vt == VT_R8:
        return variant.r8 if math.isfinite(variant.r8) else {"not finite": str(variant.r8)}
    if variant.vt == VT_BSTR:
        return ctypes.wstring_at(variant.pointer, oleaut.SysStringLen(variant.pointer)) if variant.pointer else ""
    if variant.vt == VT_BOOL:
        return variant.bool != 0
    if variant.vt == VT_ARRAY | VT_VARIANT:
        return read_array(variant.pointer)
    return {"vt": variant.vt}


def read_array(array):
    sizes = []
    for dimension in range(1, oleaut.SafeArrayGetDim(array) + 1):
        low, high = c_long(), c_long()
        oleaut.SafeArrayGetLBound(array, dimension, byref(low))
        oleaut.SafeArrayGetUBound(array, dimension, byref(high))
        sizes.append(high.value - low.value + 1)
    data = POINTER(Variant)()
    oleaut.SafeArrayAccessData(array, byref(data))
    if len(sizes) == 1:
        cells = {"one dimension": [read(data[place]) for place in range(sizes[0])]}
    else:
        rows, columns = sizes
        cells = [[read(data[column * rows + row]) for column in range(columns)] for row in range(rows)]
    oleaut.SafeArrayUnaccessData(array)
    return cells


class Dispatch:
    """An IDispatch pointer."""

    def __init__(self, pointer):
        self.pointer = c_void_p(pointer)
        table = ctypes.cast(ctypes.cast(pointer, POINTER(c_void_p))[0], POINTER(c_void_p))
        prototype = ctypes.WINFUNCTYPE
        self._release = prototype(c_uint, c_void_p)(table[2])
        self._names = prototype(c_int, c_void_p, c_void_p, c_void_p, c_uint, c_uint, c_void_p)(table[5])
        self._invoke = prototype(
            c_int, c_void_p, c_long, c_void_p, c_uint, c_ushort, c_void_p, c_void_p, c_void_p, c_void_p
        )(table[6])
        self._ids = {}

    def identifier(self, name):
        if name not in self._ids:
            found, text = c_long(), ctypes.c_wchar_p(name)
            failed = self._names(self.pointer, byref((c_ulonglong * 2)()), byref(text), 1, 0, byref(found))
            if failed:
                raise ComError(failed)
            self._ids[name] = found.value
        return self._ids[name]

    def prepare(self, *arguments):
        """Arguments of a call; ``(...)`` tuples stand for VBA's ``Array(...)``, which counts from 0."""
        variants = (Variant * len(arguments))()
        for variant, value in zip(reversed(variants), arguments, strict=True):
            if isinstance(value, tuple):
                array = oleaut.SafeArrayCreate(VT_VARIANT, 1, byref(Bound(len(value), 0)))
                data = POINTER(Variant)()
                oleaut.SafeArrayAccessData(array, byref(data))
                for place, item in enumerate(value):
                    fill(data[place], item)
                oleaut.SafeArrayUnaccessData(array)
                variant.vt, variant.pointer = VT_ARRAY | VT_VARIANT, array
            else:
                fill(variant, value)
        return variants

    def invoke(self, name, variants, result):
        """The bare call."""
        parameters, info = Parameters(variants, None, len(variants), 0), ExceptionInfo()
        failed = self._invoke(
            self.pointer, self.identifier(name), byref((c_ulonglong * 2)()), 0, METHOD, byref(parameters),
            byref(result), byref(info), None,
        )  # fmt: skip
        if failed:
            raise ComError(failed, ctypes.wstring_at(info.description) if info.description else "")

    def call(self, name, *arguments):
        variants, result = self.prepare(*arguments), Variant()
        try:
            self.invoke(name, variants, result)
            return read(result)
        finally:
            oleaut.VariantClear(byref(result))
            for variant in variants:
                oleaut.VariantClear(byref(variant))

    def release(self):
        self._release(self.pointer)
