"""Objects that answer over COM as Excel's do: known members only, right arguments only, every call counted.

A member is declared as the object model's reference writes it:

    @member("method Add(SourceType?: long, Source?: variant): object")

From the declarations comes a type library, as Excel has one: pywin32 and xlwings name arguments and tell properties
from methods by it. The interface itself is ours, byte by byte: pywin32's own servers cannot tell an absent argument in
the middle from the end of the arguments.
"""

import ctypes
import itertools
import re
import tempfile
from ctypes import POINTER, c_int, c_long, c_uint, c_ushort, c_void_p
from dataclasses import dataclass
from pathlib import Path

import pythoncom
import pywintypes
import win32com.client
import winerror
from com import ExceptionInfo, Parameters, Variant, bstr

from .variants import ABSENT, NULL, UNSUPPORTED, read, write

APPLICATION_ERROR = -2146827284  # 0x800A03EC, what VBA calls 1004
PUT = pythoncom.DISPATCH_PROPERTYPUT | pythoncom.DISPATCH_PROPERTYPUTREF
WIN64 = 3
E_NOINTERFACE = -2147467262
IID_UNKNOWN, IID_DISPATCH, IID_ENUMERATOR = (
    bytes(pywintypes.IID(text))
    for text in (
        "{00000000-0000-0000-C000-000000000046}",
        "{00020400-0000-0000-C000-000000000046}",
        "{00020404-0000-0000-C000-000000000046}",
    )
)
STANDARD_CALL = 4
VARIANT_TYPES = {
    "string": pythoncom.VT_BSTR,
    "long": pythoncom.VT_I4,
    "double": pythoncom.VT_R8,
    "boolean": pythoncom.VT_BOOL,
    "object": pythoncom.VT_DISPATCH,
    "variant": pythoncom.VT_VARIANT,
    "enumerator": pythoncom.VT_UNKNOWN,
    "": pythoncom.VT_VOID,
}
INVOKE = {"get": pythoncom.INVOKE_PROPERTYGET, "put": pythoncom.INVOKE_PROPERTYPUT, "method": pythoncom.INVOKE_FUNC}
SPECIAL = {"_Default": pythoncom.DISPID_VALUE, "_NewEnum": pythoncom.DISPID_NEWENUM}


class ExcelError(Exception):
    """What Excel raises when it cannot do what it is asked to; the text is what it says."""


class Refusal(Exception):  # noqa: N818 - not an error of ours
    """A call that fails with a bare HRESULT."""

    def __init__(self, result):
        self.result = result


@dataclass(frozen=True)
class Signature:
    kind: str
    name: str
    arguments: tuple  # (name, type, optional, takes null)
    result: str

    @classmethod
    def of(cls, text):
        kind, name, arguments, result = re.fullmatch(r"(\w+) (\w+)(?:\((.*)\))?(?:: (\w+))?", text).groups()
        parts = []
        for part in filter(None, (arguments or "").split(", ")):
            argument, optional, null, what = re.fullmatch(r"(\w+)(\?)?: (null\|)?(\w+)", part).groups()
            parts.append((argument, what, bool(optional), bool(null)))
        if kind == "put":
            parts, result = [("value", result, False, False)], ""
        return cls(kind, name, tuple(parts), result or "")


def member(*texts):
    """Declare members that a function carries out."""

    def declared(function):
        function.signatures = [Signature.of(text) for text in texts]
        return function

    return declared


class Calls:
    """Counts the calls of a client and lets them fail.

    Attributes:
        count: Calls so far.
        failing: Is told the number of every call; raises what the call is to fail with.
        faults: Mistakes of the stand-in itself.
        log: Every call's class and member, if it is a list.
    """

    def __init__(self):
        self.count = 0
        self.failing = lambda _number: None
        self.faults = []
        self.log = None


class Interface:
    """Something with a COM interface; Python keeps it alive."""

    objects: dict = {}  # noqa: RUF012 - every object by its address
    is_dispatch = True
    _memory = None

    @property
    def address(self):
        if self._memory is None:
            self._memory = (c_void_p * 1)(ctypes.addressof(TABLES[self.is_dispatch]))
            self.objects[ctypes.addressof(self._memory)] = self
        return ctypes.addressof(self._memory)


class ExcelObject(Interface):
    """One object of the model; ``calls`` is shared by all of them."""

    calls = Calls()
    members: dict = {}  # noqa: RUF012 - by class: name to {"get": function ...}

    def __init_subclass__(cls):
        found = {name: dict(kinds) for name, kinds in cls.members.items()}
        for function in vars(cls).values():
            for signature in getattr(function, "signatures", ()):
                found.setdefault(signature.name, {})[signature.kind] = (signature, function)
        cls.members = found
        ordinary = itertools.count(1)
        cls.identifiers = {name: SPECIAL[name] if name in SPECIAL else next(ordinary) for name in found}
        cls.by_name = {name.lower(): identifier for name, identifier in cls.identifiers.items()}
        cls.by_identifier = {identifier: name for name, identifier in cls.identifiers.items()}

    def dispatch(self):
        """This object as pywin32 gets it from another program."""
        return pythoncom.ObjectFromAddress(self.address, pythoncom.IID_IDispatch)

    def client(self):
        """The same, wrapped for Python."""
        return win32com.client.Dispatch(self.dispatch())

    def call(self, identifier, lcid, flags, given):
        """Carry out a call; the result."""
        calls = self.calls
        calls.count += 1
        name = self.by_identifier.get(identifier)
        if calls.log is not None:
            calls.log.append(f"{type(self).__name__}.{name}")
        calls.failing(calls.count)
        kinds = self.members.get(name, {})
        wanted = ["put"] if flags & PUT else ["get", "method"]
        found = next((kinds[kind] for kind in wanted if kind in kinds), None)
        if found is None:
            raise Refusal(winerror.DISP_E_MEMBERNOTFOUND)
        signature, function = found
        while given and given[-1] is ABSENT:
            given.pop()
        if len(given) > len(signature.arguments):
            raise Refusal(winerror.DISP_E_BADPARAMCOUNT)
        given += [ABSENT] * (len(signature.arguments) - len(given))
        for place, (value, (_, what, optional, null)) in enumerate(zip(given, signature.arguments, strict=True)):
            if value is ABSENT:
                if not optional:
                    raise Refusal(winerror.DISP_E_PARAMNOTOPTIONAL)
            elif value is NULL and null:
                given[place] = ABSENT
            else:
                given[place] = coerced(value, what)
        asks_locale = function.__code__.co_varnames[1:2] == ("lcid",)
        return function(self, *([lcid] if asks_locale else []), *given)


def coerced(value, what):
    """A value as what a member takes; null never is."""
    fits = value is not NULL and value is not UNSUPPORTED
    if what == "string":
        fits = isinstance(value, str)
    elif what == "boolean":
        fits = isinstance(value, (bool, int))
    elif what == "long":
        fits = isinstance(value, (int, float)) and int(value) == value
        value = -int(value) if isinstance(value, bool) else value
    elif what == "double":
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    elif what == "object":
        fits = isinstance(value, ExcelObject)
    if not fits:
        raise Refusal(winerror.DISP_E_TYPEMISMATCH)
    return value


class Enumerator(Interface):
    """Items of a collection, one after the other."""

    is_dispatch = False

    def __init__(self, items):
        self.items, self.place = items, 0


# the interfaces -------------------------------------------------------------------------------------------------------


def _query(this, wanted, found):
    known = IID_DISPATCH if Interface.objects[this].is_dispatch else IID_ENUMERATOR
    if ctypes.string_at(wanted, 16) in (IID_UNKNOWN, known):
        found[0] = this
        return winerror.S_OK
    found[0] = None
    return E_NOINTERFACE


def _count_type_info(_this, count):
    count[0] = 1
    return winerror.S_OK


def _get_type_info(this, _index, _lcid, found):
    info = type_info(type(Interface.objects[this]))
    pointer = int(re.search(r"obj at (0x[0-9A-Fa-f]+)", repr(info))[1], 16)
    table = ctypes.cast(ctypes.cast(pointer, POINTER(c_void_p))[0], POINTER(c_void_p))
    ctypes.WINFUNCTYPE(c_uint, c_void_p)(table[1])(pointer)  # AddRef
    found[0] = pointer
    return winerror.S_OK


def _identify(this, _iid, names, count, _lcid, identifiers):
    item = Interface.objects[this]
    try:
        item.calls.failing(item.calls.count + 1)
    except Refusal as refusal:
        return refusal.result
    except ExcelError:
        pass  # Excel does not fail to say which members it has
    result = winerror.S_OK
    for place in range(count):
        known = item.by_name.get(names[place].lower()) if place == 0 else None
        identifiers[place] = -1 if known is None else known
        if known is None:
            result = winerror.DISP_E_UNKNOWNNAME
    return result


def _invoke(this, identifier, _iid, lcid, flags, parameters, result, information, _wrong):
    item, passed = Interface.objects[this], parameters[0]
    given = [read(passed.arguments[place], _object_at) for place in reversed(range(passed.count))]
    try:
        answer = item.call(identifier, lcid, flags, given)
    except Refusal as refusal:
        return refusal.result
    except Exception as problem:  # noqa: BLE001 - whatever else happens in the model fails as Excel fails
        if not isinstance(problem, ExcelError):
            item.calls.faults.append(problem)
        if information:
            information[0].source, information[0].description = bstr("Microsoft Excel"), bstr(str(problem))
            information[0].scode = APPLICATION_ERROR
        return winerror.DISP_E_EXCEPTION
    if result:
        write(result[0], answer)
    return winerror.S_OK


def _object_at(address):
    return Interface.objects.get(address, NULL)


def _next(this, wanted, items, fetched):
    enumerator = Interface.objects[this]
    found = enumerator.items[enumerator.place : enumerator.place + wanted]
    for place, item in enumerate(found):
        write(items[place], item)
    enumerator.place += len(found)
    if fetched:
        fetched[0] = len(found)
    return winerror.S_OK if len(found) == wanted else winerror.S_FALSE


def _reset(this):
    Interface.objects[this].place = 0
    return winerror.S_OK


def _not_here(*_):
    return winerror.E_NOTIMPL


def table_of(*functions):
    made = [ctypes.WINFUNCTYPE(*kind)(function) if kind else function for function, kind in functions]
    table = (c_void_p * len(made))(*(ctypes.cast(one, c_void_p).value for one in made))
    table.functions = made
    return table


STAYS = ctypes.windll.kernel32.GetCurrentThreadId
"""For AddRef and Release: any function that answers with a number; one in Python cannot run while Python raises."""
_UNKNOWN = (
    (_query, (c_int, c_void_p, c_void_p, POINTER(c_void_p))),
    (STAYS, None),
    (STAYS, None),
)
TABLES = {
    True: table_of(
        *_UNKNOWN,
        (_count_type_info, (c_int, c_void_p, POINTER(c_uint))),
        (_get_type_info, (c_int, c_void_p, c_uint, c_uint, POINTER(c_void_p))),
        (_identify, (c_int, c_void_p, c_void_p, POINTER(ctypes.c_wchar_p), c_uint, c_uint, POINTER(c_long))),
        (
            _invoke,
            (c_int, c_void_p, c_long, c_void_p, c_uint, c_ushort, POINTER(Parameters), POINTER(Variant),
             POINTER(ExceptionInfo), c_void_p),
        ),
    ),
    False: table_of(
        *_UNKNOWN,
        (_next, (c_int, c_void_p, c_uint, POINTER(Variant), POINTER(c_uint))),
        (_not_here, (c_int, c_void_p, c_uint)),
        (_reset, (c_int, c_void_p)),
        (_not_here, (c_int, c_void_p, c_void_p)),
    ),
}  # fmt: skip


class Sequence(ExcelObject):
    """A collection: Count, Item by number or name, enumeration."""

    def items(self):
        raise NotImplementedError

    def named(self, item, key):
        return item.name.casefold() == key.casefold()

    def find(self, key):
        items = self.items()
        if isinstance(key, str):
            found = next((item for item in items if self.named(item, key)), None)
        else:
            found = items[int(key) - 1] if 1 <= key <= len(items) else None
        if found is None:
            raise ExcelError(f"There is no {key!r}")
        return found

    @member("get Count: long")
    def count(self):
        return len(self.items())

    @member("get Item(Index: variant): object", "get _Default(Index: variant): object")
    def item(self, key):
        return self.find(key)

    @member("get _NewEnum: enumerator")
    def enumerator(self):
        return Enumerator(self.items())


# the type library -----------------------------------------------------------------------------------------------------

_RANGE = "{00020846-0000-0000-C000-000000000046}"
_infos = {}


def type_info(cls):
    """Type information about a class, made when it is first asked for."""
    if cls not in _infos:
        _infos[cls] = _made(cls)
    return _infos[cls]


def _made(cls):
    library = pythoncom.CreateTypeLib2(WIN64, str(Path(tempfile.gettempdir(), f"{cls.__name__}.tlb")))
    info = library.CreateTypeInfo(cls.__name__, pythoncom.TKIND_DISPATCH)
    info.SetGuid(pywintypes.IID(_RANGE) if cls.__name__ == "Range" else pythoncom.CreateGuid())
    place = 0
    for name, kinds in cls.members.items():
        for signature, _ in kinds.values():
            info.AddFuncDesc(place, described(signature, cls.identifiers[name]))
            names = [] if signature.kind == "put" else [argument[0] for argument in signature.arguments]
            info.SetFuncAndParamNames(place, (name, *names))
            place += 1
    info.LayOut()
    return info.QueryInterface(pythoncom.IID_ITypeInfo)


def described(signature, identifier):
    made = pythoncom.FUNCDESC()
    made.memid = identifier
    made.funckind = pythoncom.FUNC_DISPATCH
    made.invkind = INVOKE[signature.kind]
    made.callconv = STANDARD_CALL
    optional = pythoncom.PARAMFLAG_FIN | pythoncom.PARAMFLAG_FOPT
    arguments = tuple(
        # an optional argument is a variant: nothing else can be absent
        (pythoncom.VT_VARIANT, optional, None) if is_optional else (VARIANT_TYPES[what], pythoncom.PARAMFLAG_FIN, None)
        for _, what, is_optional, _ in signature.arguments
    )
    made.args = arguments
    made.cParamsOpt = 0
    made.rettype = (VARIANT_TYPES[signature.result], 0, None)
    made.wFuncFlags = pythoncom.FUNCFLAG_FRESTRICTED if identifier == pythoncom.DISPID_NEWENUM else 0
    return made
