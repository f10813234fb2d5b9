"""What Excel demands of the VBA project in a file; rules like those of :mod:`excel_file_rules`."""

import re
import struct

from .compound_file import EMPTY, ROOT, CompoundFile
from .excel_package import MAIN

RULES = {}


def rule(check):
    """Add a rule to the list; it is asked only of workbooks with a project."""

    def checked(package):
        parts = [one.target for one in package.relations(package.workbook_part) if one.kind == "vbaProject"]
        for part in parts:
            yield from check(package, CompoundFile(package.parts[part]))

    checked.__doc__ = check.__doc__
    RULES[check.__name__] = checked
    return checked


@rule
def sectors_are_accounted_for(_package, container):
    """A header of version 3, chains that end, every sector in one chain or free ([MS-CFB] 2.2, 2.3, 2.6.3)."""
    yield from container.problems


@rule
def the_directory_is_a_tree(_package, container):
    """Siblings in the order of length and upper case, black at the top, no two red in a row ([MS-CFB] 2.6.4)."""
    yield from container.tree_problems()


def decompressed(content):
    """A compressed container ([MS-OVBA] 2.4.1)."""
    from pyopenvba.vba import decompress

    return decompress(content)


def records(directory):
    """Id and content of each record of the dir stream ([MS-OVBA] 2.3.4.2); PROJECTVERSION lies about its length."""
    at, found = 0, []
    while at + 6 <= len(directory):
        number, size = struct.unpack_from("<HI", directory, at)
        size = 6 if number == 9 else size
        found.append((number, directory[at + 6 : at + 6 + size]))
        at += 6 + size
    return found, at == len(directory)


@rule
def the_project_lists_its_modules(_package, container):
    """Stream, dir record and line of PROJECT for each module, and for nothing else; as many as are counted.

    [MS-OVBA] 2.2.1, 2.3.1.7, 2.3.3 and 2.3.4.2.3.
    """
    found, whole = records(decompressed(container.stream("VBA", "dir")))
    if not whole:
        yield "the dir stream ends within a record"
    listed = [content.decode("ascii") for number, content in found if number == 0x19]
    streams = [content.decode("ascii") for number, content in found if number == 0x1A]
    counted = [struct.unpack("<H", content)[0] for number, content in found if number == 0x0F]
    project = container.stream("", "PROJECT").decode("ascii")
    lines = re.findall(r"^(?:Document|Module|Class|BaseClass)=(\w+)", project, re.MULTILINE)
    parent = next(i for i, one in enumerate(container.entries) if one.name == "VBA")
    present = {container.entries[i].name for i in container.members(parent)} - {"dir", "_VBA_PROJECT"}
    if counted != [len(listed)] or len(set(map(str.lower, listed))) != len(listed):
        yield f"{counted} modules counted, {listed}"
    if not set(lines) == set(listed) == present == set(streams) or len(lines) != len(listed):
        yield f"PROJECT {sorted(lines)}, dir {sorted(listed)}, streams {sorted(present)}"
    wide = container.stream("", "PROJECTwm")
    names = [bytes(one).decode("ascii") for one in re.findall(rb"(\w+)\0(?:[^\0]\0)+\0\0", wide)]
    if sorted(names) != sorted(listed):
        yield f"PROJECTwm {sorted(names)}"


@rule
def the_project_has_one_name(_package, container):
    """Dir stream and PROJECT call the project alike, and no module is called so (MS-OVBA 2.3.1.10, 2.3.4.2.1.6)."""
    found, _ = records(decompressed(container.stream("VBA", "dir")))
    names = [content.decode("ascii") for number, content in found if number == 4]
    named = re.findall(r'^Name="(\w+)"', container.stream("", "PROJECT").decode("ascii"), re.MULTILINE)
    modules = {content.decode("ascii").lower() for number, content in found if number == 0x19}
    if names != named or len(names) != 1 or names[0].lower() in modules:
        yield f"{names} and {named}"


@rule
def sources_are_in_their_streams(_package, container):
    """Each module's source begins at its offset, compressed, and says the module's name (MS-OVBA 2.3.4.3)."""
    found, _ = records(decompressed(container.stream("VBA", "dir")))
    name = None
    for number, content in found:
        if number == 0x1A:
            name = content.decode("ascii")
        if number == 0x31:
            stream = container.stream("VBA", name) or b""
            (offset,) = struct.unpack("<I", content)
            source = decompressed(stream[offset:]) if stream[offset : offset + 1] == b"\x01" else b""
            if f'Attribute VB_Name = "{name}"'.encode("ascii") not in source:
                yield name


@rule
def documents_belong_to_sheets(package, container):
    """Each document module is the workbook's or a sheet's by its code name, and none is missing (MS-OVBA 2.3.1.7)."""
    project = container.stream("", "PROJECT").decode("ascii")
    documents = re.findall(r"^Document=(\w+)", project, re.MULTILINE)
    owners = [package.workbook.find(f"{MAIN}workbookPr"), *(one.root.find(f"{MAIN}sheetPr") for one in package.sheets)]
    names = [one.get("codeName") for one in owners if one is not None]
    if sorted(documents) != sorted(map(str, names)):
        yield f"{documents} and {names}"


@rule
def streams_are_no_more_than_needed(_package, container):
    """Nothing compiled elsewhere: no stream of it, none of it before a source or in _VBA_PROJECT.

    MS-OVBA 2.2.6, 2.3.4.1 and 2.3.4.3: what a writer does not compile itself it leaves out.
    """
    yield from (one.name for one in container.entries if one.kind not in (EMPTY, ROOT) and one.name.startswith("__SRP"))
    if container.stream("VBA", "_VBA_PROJECT") != b"\xcc\x61\xff\xff\x00\x00\x00":
        yield "_VBA_PROJECT"
    name = None
    for number, content in records(decompressed(container.stream("VBA", "dir")))[0]:
        name = content.decode("ascii") if number == 0x1A else name
        if number == 0x31 and any(content):
            yield f"{name}: {struct.unpack('<I', content)[0]} bytes of compiled code"


def decrypted(text):
    """Key and content of one of the project's three encrypted values ([MS-OVBA] 2.4.3.3)."""
    seed, version, key, *data = bytes.fromhex(text)
    before, last, plain = (version, key), seed ^ key, bytearray()
    for one in data:
        last = one ^ (before[0] + last) & 0xFF
        plain.append(last)
        before = (before[1], one)
    del plain[: (seed & 6) // 2]
    (length,) = struct.unpack_from("<I", plain)
    return (seed ^ version, seed ^ key), bytes(plain[4:]) if length == len(plain) - 4 else b""


@rule
def the_project_is_open_to_be_read(_package, container):
    """Protection, password and visibility are encrypted with the project's own id: none, none, visible.

    MS-OVBA 2.3.1.15 to 2.3.1.17 and 2.4.3; where they do not decrypt, Excel calls the project unviewable.
    """
    project = container.stream("", "PROJECT").decode("ascii")
    owner = re.search(r'^ID="(\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\})"', project, re.MULTILINE)
    if owner is None:
        yield "the project has no id"
        return
    for name, wanted in (("CMG", bytes(4)), ("DPB", bytes(1)), ("GC", b"\xff")):
        written = re.search(rf'^{name}="([0-9A-F]+)"', project, re.MULTILINE)
        if written is None or decrypted(written[1]) != ((2, sum(owner[1].encode()) & 0xFF), wanted):
            yield f"{name}: {written and decrypted(written[1])}"


_BASES = {"Workbook": "{00020819-", "Sheet": "{00020820-", "Class": "{FCFB3D2A-"}


@rule
def modules_say_what_they_are(package, container):
    """A module's kind is the same in dir, PROJECT and its own attributes; what is no standard module has a base.

    MS-OVBA 2.3.4.2.3.2.8 (MODULETYPE); MS-VBAL 4.2 for the attributes.
    """
    project = container.stream("", "PROJECT").decode("ascii")
    kinds = {name: kind for kind, name in re.findall(r"^(Document|Module|Class)=(\w+)", project, re.MULTILINE)}
    workbook = package.workbook.find(f"{MAIN}workbookPr").get("codeName")
    name, offset = "", 0
    for number, content in records(decompressed(container.stream("VBA", "dir")))[0]:
        name = content.decode("ascii") if number == 0x1A else name
        offset = struct.unpack("<I", content)[0] if number == 0x31 else offset
        if number in (0x21, 0x22):
            source = decompressed(container.stream("VBA", name)[offset:]).decode("ascii")
            base = re.search(r'^Attribute VB_Base = "0(\{\w+-)', source, re.MULTILINE)
            kind = kinds.get(name)
            of = "Workbook" if name == workbook else {"Document": "Sheet"}.get(kind, kind)
            if (kind == "Module") != (number == 0x21) or (base and base[1]) != _BASES.get(of):
                yield f"{name}: {kind}, {number:x}, {base and base[1]}"
