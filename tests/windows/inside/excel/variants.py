"""Python values in VARIANTs and back, as the server sees them: null, empty and absent are three things."""

import ctypes
import decimal
from ctypes import POINTER, byref, c_long, c_void_p

from com import (
    VT_ARRAY,
    VT_BOOL,
    VT_BSTR,
    VT_CY,
    VT_DATE,
    VT_DISPATCH,
    VT_EMPTY,
    VT_ERROR,
    VT_I4,
    VT_R8,
    VT_VARIANT,
    Bound,
    Variant,
    bstr,
    oleaut,
)  # fmt: skip

VT_NULL, VT_I2, VT_UI1, VT_UNKNOWN, VT_BYREF = 1, 2, 17, 13, 0x4000
PARAMETER_NOT_FOUND = -2147352572  # DISP_E_PARAMNOTFOUND


class Special:
    """A value that Python has no word for."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name

    def __bool__(self):
        return False


ABSENT, EMPTY, NULL, UNSUPPORTED = map(Special, ("absent", "empty", "null", "unsupported"))


class Date(float):
    """A serial day that goes over the wire as a date."""


class Error(int):
    """An error value: its number in Excel, such as 2042 for #N/A."""


def read(variant, objects):  # noqa: C901 - one kind of value after the other
    """The value of an argument.

    Args:
        variant: The VARIANT.
        objects: Finds our object at an address.
    """
    kind = variant.vt
    if kind == VT_BSTR:
        length = oleaut.SysStringLen(variant.pointer)
        return ctypes.wstring_at(variant.pointer, length) if variant.pointer else ""
    if kind == VT_R8:
        return variant.r8
    if kind == VT_I4:
        return variant.i4
    if kind in (VT_I2, VT_BOOL):
        return variant.bool != 0 if kind == VT_BOOL else variant.bool
    if kind == VT_DISPATCH:
        return objects(variant.pointer)
    if kind == VT_ARRAY | VT_VARIANT:
        return read_array(variant.pointer, objects)
    if kind == VT_DATE:
        return Date(variant.r8)
    if kind == VT_CY:
        return variant.cy / 10_000
    if kind == VT_ERROR:
        return ABSENT if variant.i4 == PARAMETER_NOT_FOUND else UNSUPPORTED
    if kind == VT_BYREF | VT_VARIANT:
        return read(ctypes.cast(variant.pointer, POINTER(Variant))[0], objects)
    return {VT_EMPTY: EMPTY, VT_NULL: NULL}.get(kind, UNSUPPORTED)  # 64-bit integers among others: Excel knows none


def read_array(array, objects):
    sizes = []
    for dimension in range(1, oleaut.SafeArrayGetDim(array) + 1):
        low, high = c_long(), c_long()
        oleaut.SafeArrayGetLBound(array, dimension, byref(low))
        oleaut.SafeArrayGetUBound(array, dimension, byref(high))
        sizes.append(high.value - low.value + 1)
    data = POINTER(Variant)()
    oleaut.SafeArrayAccessData(array, byref(data))
    if len(sizes) == 1:
        rows = (tuple(read(data[i], objects) for i in range(sizes[0])),)
    else:
        height, width = sizes
        rows = tuple(tuple(read(data[j * height + i], objects) for j in range(width)) for i in range(height))
    oleaut.SafeArrayUnaccessData(array)
    return rows


def write(variant, value):  # noqa: C901
    """Put a result into a VARIANT."""
    if value is None or value is EMPTY:
        variant.vt = VT_EMPTY
    elif value is NULL:
        variant.vt = VT_NULL
    elif isinstance(value, str):
        variant.vt, variant.pointer = VT_BSTR, bstr(value)
    elif isinstance(value, bool):
        variant.vt, variant.bool = VT_BOOL, -1 if value else 0
    elif isinstance(value, Error):
        variant.vt, variant.i4 = VT_ERROR, value - 2146828288
    elif isinstance(value, int):
        variant.vt, variant.i4 = VT_I4, value
    elif isinstance(value, Date):
        variant.vt, variant.r8 = VT_DATE, value
    elif isinstance(value, float):
        variant.vt, variant.r8 = VT_R8, value
    elif isinstance(value, decimal.Decimal):
        variant.vt, variant.cy = VT_CY, int(value * 10_000)
    elif isinstance(value, tuple):
        variant.vt, variant.pointer = VT_ARRAY | VT_VARIANT, array_of(value)
    else:
        variant.vt, variant.pointer = (VT_DISPATCH if value.is_dispatch else VT_UNKNOWN), value.address


def array_of(rows):
    """Rows as Excel returns a range's values: two dimensions, both from 1."""
    height, width = len(rows), len(rows[0])
    bounds = (Bound * 2)(Bound(height, 1), Bound(width, 1))
    array = oleaut.SafeArrayCreate(VT_VARIANT, 2, bounds)
    data = POINTER(Variant)()
    oleaut.SafeArrayAccessData(array, byref(data))
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            write(data[j * height + i], value)
    oleaut.SafeArrayUnaccessData(array)
    return array


oleaut.SysStringLen.argtypes = [c_void_p]
