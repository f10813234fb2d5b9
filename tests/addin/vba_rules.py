"""A VBA project checked by the language's own rules, as strictly as the compiler of Excel checks it.

Three readers, each for what the others do not look at:

* pyvbaanalysis: the static rules of [MS-VBAL] and of the compiler, some two hundred (undeclared names, calls of our own
  procedures and members with their arguments, labels, Exit and End, duplicates, ``PtrSafe``, lengths of lines ...). It
  stays silent about what it cannot prove.
* pyOpenVBA's parser: the grammar, with ``#If`` resolved for each platform.
* the rules below, which are silent about nothing: a name or member that cannot be resolved is a finding.

What the references hold (VBA's run-time, Excel, Office) comes from the type libraries, as pyvbaanalysis carries them.
"""

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from xml.etree import ElementTree as ET

from pyopenvba.exceptions import VBACompileError
from pyopenvba.interpreter import _ast as tree
from pyopenvba.interpreter._lex import tokenize
from pyopenvba.interpreter._parse import Parser
from pyopenvba.interpreter._preprocess import strip_directives
from pyvbaanalysis import (
    ConditionalCompilationEnvironment,
    DiagnosticSeverity,
    ModuleInput,
    ModuleSymbolKind,
    analyze_project,
    line_col,
)
from pyvbaanalysis.host import host_model
from pyvbaanalysis.runtime.vba_runtime import (
    resolve_runtime_constant,
    resolve_runtime_function,
    resolve_runtime_object,
)

STANDARD, CLASS, DOCUMENT = ModuleSymbolKind.STANDARD, ModuleSymbolKind.CLASS, ModuleSymbolKind.DOCUMENT

LIBRARIES = ("VBA", "Excel", "Office", "stdole")
"""Names of the references of every project; [MS-VBAL] 5.2.3.1 and 5.3.1 keep them and the project's for themselves."""

PROCEDURE = 65_536
"""Bytes of a procedure; more is "Procedure too large"."""

_WINDOWS = {"VBA6": True, "VBA7": True, "Win16": False, "Win32": True, "Mac": False}
_MAC = {"VBA6": True, "VBA7": True, "Win16": False, "Win32": False, "Mac": True}
PLATFORMS = {
    "64-bit Windows": {**_WINDOWS, "Win64": True},
    "32-bit Windows": {**_WINDOWS, "Win64": False},
    "Mac": {**_MAC, "Win64": True},
    "Mac, Win64 unset": {**_MAC, "Win64": False},
}
"""Constants of conditional compilation (Office VBA reference, "Compiler constants")."""

LATE_BOUND = {
    "area": "Excel.Range",
    "arguments": "Excel.Range",  # one of them, after TypeName said so
    "book": "Excel.Workbook",
    "cell": "Excel.Range",
    "used": "Excel.Range",
    "mserver": "Server",
    "words": "Excel.Worksheet",
}
"""What ``As Object`` and ``As Variant`` hold where members are called: known at run time only, so told here."""

SERVER = frozenset({"calludf", "runmacro"})
"""Members of the COM server: ``Server._public_methods_``."""

RESULTS = {("Excel.Application", "caller"): "Excel.Range"}
"""Members that the type library declares as Variant."""

ITEMS = {"Excel.Workbooks": "Excel.Workbook", "Excel.Worksheets": "Excel.Worksheet", "Excel.Sheets": "Excel.Worksheet"}
"""What a collection gives for an index."""

DIALOGS = frozenset(
    {"msgbox", "inputbox", "dialogs", "getopenfilename", "getsaveasfilename", "filedialog", "show", "findfile"}
)
PROCESSES = frozenset({"shell", "createobject", "getobject", "environ", "appactivate", "sendkeys"})
_FILE_WORDS = frozenset(
    {"open", "close", "for", "input", "output", "append", "binary", "random", "access", "read", "write", "lock",
     "shared", "as", "len", "line", "print", "get", "put"}
)  # fmt: skip
_WHOLE_PROCEDURE = re.compile(
    r"^(?:Public |Private |Friend )?(?:Static )?(?:Sub|Function|Property \w+) (\w+).*?^End (?:Sub|Function|Property)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_EVENTS = re.compile(r"(?:Workbook|Worksheet|Chart|Class)_\w+|Auto_(?:Open|Close)", re.IGNORECASE)

CONTROL = ("control", False, "IRibbonControl")
_ANSWER = ("returnedVal", False, "Variant")
_INDEX = ("index", False, "Integer")
_ON_ACTION = {
    "button": (CONTROL,),
    "gallery": (CONTROL, ("id", False, "String"), _INDEX),
    "dropDown": (CONTROL, ("id", False, "String"), _INDEX),
    "checkBox": (CONTROL, ("pressed", False, "Boolean")),
    "toggleButton": (CONTROL, ("pressed", False, "Boolean")),
}
_BY_ITEM = frozenset({"getItemID", "getItemLabel", "getItemImage", "getItemScreentip", "getItemSupertip"})


@dataclass(frozen=True)
class Finding:
    """What Excel's compiler, Excel or a user would take amiss."""

    rule: str
    module: str
    line: int
    text: str


@dataclass
class Project:
    """What one file holds: modules by name with their kind and text, the ribbon, the project's name."""

    modules: dict
    name: str = "Project"
    ribbon: str = ""
    late_bound: dict = field(default_factory=lambda: LATE_BOUND)


def check(project):
    """Every finding of every rule, in the order of rules, each once."""
    alike = _alike(project)
    parsed, findings = {}, []
    for platform in dict.fromkeys(alike.values()):
        parsed[platform] = {}
        for name, (kind, text) in project.modules.items():
            try:
                parsed[platform][name] = parse(name, kind, text, PLATFORMS[platform])
            except VBACompileError as problem:
                findings.append(Finding("grammar", name, 0, str(problem)))
        findings += _of_pyvbaanalysis(project, platform)
    if all(len(modules) == len(project.modules) for modules in parsed.values()):
        findings += _of_names(project, parsed)
        for platform, like in alike.items():
            findings += _of_declares(platform, parsed[like])
        walks = [_Walk(project, modules) for modules in parsed.values()]
        findings += [finding for walk in walks for finding in walk.findings]
        findings += _of_reach(project, walks)
        findings += _of_ribbon(project, parsed[next(iter(PLATFORMS))])
    findings += _of_sizes(project)
    return list(dict.fromkeys(findings))


def _alike(project):
    """For each platform the first one on which the project reads the same."""
    first, alike = {}, {}
    for platform, constants in PLATFORMS.items():
        with suppress(VBACompileError):
            texts = tuple(strip_directives(text, constants=constants) for _, text in project.modules.values())
            alike[platform] = first.setdefault(texts, platform)
        alike.setdefault(platform, platform)
    return alike


def parse(name, kind, text, constants):
    """A module as its platform compiles it."""
    plain = re.sub(r"\bWithEvents ", "", text.replace("\r\n", "\n"))
    prepared = strip_directives(plain, module=name, constants=constants)
    kind = "standard" if kind is STANDARD else "class"
    return Parser(tokenize(prepared, module=name), module=name, kind=kind).parse_module(plain)


def code_of(text):
    """A text without its comments and with empty string literals, line by line as it was."""
    return re.sub(r"\"(?:[^\"\n]|\"\")*\"|'[^\n]*", lambda found: '""' if found[0][0] == '"' else "", text)


def _of_pyvbaanalysis(project, platform):
    environment = ConditionalCompilationEnvironment(
        compiler_constants={name: int(value) for name, value in PLATFORMS[platform].items()}
    )
    inputs = [ModuleInput(name, kind, text) for name, (kind, text) in project.modules.items()]
    # elsewhere than on the first platform only what is compiled differently there
    only = None if platform == next(iter(PLATFORMS)) else [one.module_name for one in inputs if "#If" in one.source]
    found = analyze_project(inputs, conditional_compilation=environment, inline_suppression=False, only=only)
    for name, diagnostics in found.items():
        for one in diagnostics:
            # what only Windows calls is unused elsewhere
            if platform.startswith("Mac") and one.severity is not DiagnosticSeverity.ERROR:
                continue
            line, _ = line_col(project.modules[name][1], one.span.start)
            yield Finding(one.code, name, line, one.message)


# names ----------------------------------------------------------------------------------------------------------------


def declared(module):
    """Every name that a module declares: what it is, the name, whether others see it, the line."""
    yield from _declared_by_module(module)
    for procedure in module.procedures:
        yield "procedure", procedure.name, procedure.scope != "private", procedure.line
        for parameter in procedure.params:
            yield "parameter", parameter.name, False, procedure.line
        yield from _declared_within(procedure)


def _declared_by_module(module):
    for dim in module.variables:
        for one in dim.decls:
            yield "variable", one.name, dim.scope in {"public", "global"}, dim.line
    for constant in module.constants:
        for name, *_ in constant.names:
            yield "constant", name, constant.scope in {"public", "global"}, constant.line
    for one in (*module.types, *module.enums):
        yield "type", one.name, one.scope != "private", one.line
    for one in (*module.declares, *module.events):
        yield "event" if one in module.events else "declare", one.name, one in module.events, one.line
        for parameter in one.params:
            yield "parameter", parameter.name, False, one.line


def _declared_within(procedure):
    for node in nodes(procedure.body):
        if isinstance(node, tree.Dim | tree.ReDim):
            for one in node.decls:
                yield "local", one.name, False, node.line
        elif isinstance(node, tree.ConstDecl):
            for name, *_ in node.names:
                yield "local", name, False, node.line
        elif isinstance(node, tree.Label):
            yield "label", node.name, False, node.line


def nodes(value):
    """Every node of a part of the tree."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from nodes(one)
    elif is_dataclass(value):
        yield value
        for one in fields(value):
            yield from nodes(getattr(value, one.name))


def _of_names(project, parsed):
    found = [
        (name, parsed_module.kind, one)
        for modules in parsed.values()
        for name, parsed_module in modules.items()
        for one in declared(parsed_module)
    ]
    yield from _of_clashes(project, found)
    spellings, public = defaultdict(dict), defaultdict(set)
    for name, module_kind, (_, written, seen, line) in found:
        spellings[written.lower()].setdefault(written, (name, line))
        if seen and module_kind == "standard":
            public[written.lower()].add(name)
    for written, places in public.items():
        if len(places) > 1:
            yield Finding("ambiguous-name", sorted(places)[1], 0, f"{written} is public in {', '.join(sorted(places))}")
    for versions in spellings.values():
        if len(versions) > 1:
            name, line = list(versions.values())[1]
            yield Finding("spelling", name, line, f"VBA keeps one spelling of {', '.join(versions)}")
    yield from _of_spelling(project, {written: next(iter(spellings[written])) for written in public})


def _of_clashes(project, found):
    taken = {library.lower(): f"the library {library}" for library in LIBRARIES}
    taken[project.name.lower()] = f"the project {project.name}"
    for name in project.modules:
        if name.lower() in taken:
            yield Finding("name-clash", name, 1, f"module {name} is called like {taken[name.lower()]}")
    taken.update({name.lower(): f"the module {name}" for name in project.modules})
    for name, _, (kind, written, seen, line) in found:
        if seen and written.lower() in taken:
            yield Finding("name-clash", name, line, f"{kind} {written} is called like {taken[written.lower()]}")


def _of_spelling(project, functions):
    """What Excel shows, the public functions, is spelled the same in every line of the project."""
    for name, (_, text) in project.modules.items():
        for number, line in enumerate(code_of(text.replace("\r\n", "\n")).split("\n"), start=1):
            for word in re.findall(r"[A-Za-z]\w*", line):
                if functions.get(word.lower(), word) != word:
                    yield Finding("spelling", name, number, f"{word} respells {functions[word.lower()]}")


# platforms and sizes --------------------------------------------------------------------------------------------------


def _of_declares(platform, modules):
    for name, module in modules.items():
        for one in module.declares:
            library = one.library.lower()
            wrong = {
                "64-bit Windows": library.endswith(".dylib") or re.search(r"32-[\d.]+\.dll$", library),
                "32-bit Windows": library.endswith(".dylib") or "64" in library,
            }.get(platform, not library.endswith(".dylib"))
            if wrong:
                yield Finding("declare-platform", name, one.line, f"{one.library} is not there on {platform}")


def _of_sizes(project):
    for name, (_, text) in project.modules.items():
        for found in _WHOLE_PROCEDURE.finditer(text.replace("\r\n", "\n")):
            if len(found[0].replace("\n", "\r\n")) > PROCEDURE:
                yield Finding(
                    "procedure-size", name, text.count("\n", 0, found.start()) + 1, f"{found[1]} is too large"
                )


# resolution -----------------------------------------------------------------------------------------------------------


class _Walk:
    """Resolves every name and member of a project on one platform, and notes who calls whom.

    Attributes:
        findings: What does not resolve.
        calls: For each procedure (module, name): the procedures it refers to.
        does: For each procedure what it does beyond computing: dialog, process, file, library.
    """

    def __init__(self, project, modules):
        self.findings, self.calls, self.does = [], defaultdict(set), defaultdict(set)
        self._project, self._modules = project, modules
        self._members = {name: self._members_of(module) for name, module in modules.items()}
        for name, module in modules.items():
            for constant in module.constants:
                self._walk_procedure(name, tree.Procedure(name="", body=[constant]))
            for procedure in module.procedures:
                self._walk_procedure(name, procedure)

    @staticmethod
    def _members_of(module):
        """Names a module declares at its level: what they are, their type, whether others see them."""
        found = {}
        for dim in module.variables:
            for one in dim.decls:
                found[one.name.lower()] = ("variable", one.declared, dim.scope in {"public", "global"})
        for constant in module.constants:
            for name, declared_type, _ in constant.names:
                found[name.lower()] = ("constant", declared_type, constant.scope in {"public", "global"})
        for enum in module.enums:
            for name, _ in enum.members:
                found[name.lower()] = ("constant", "Long", enum.scope != "private")
        for one in module.declares:
            found[one.name.lower()] = ("declare", one.returns, False)
        for one in module.procedures:
            found[one.name.lower()] = ("procedure", one.returns, one.scope != "private")
        return found

    def _walk_procedure(self, module, procedure):
        self._here = (module, procedure.name.lower())
        self._locals = {one.name.lower(): one.declared for one in procedure.params}
        self._labels = set()
        self._subjects = []
        for node in nodes(procedure.body):
            if isinstance(node, tree.Dim | tree.ReDim):
                for one in node.decls:
                    self._locals.setdefault(one.name.lower(), one.declared)
            elif isinstance(node, tree.ConstDecl):
                self._locals.update({name.lower(): declared_type for name, declared_type, _ in node.names})
        for declared_type in (*(one.declared for one in procedure.params), *self._locals.values(), procedure.returns):
            self._check_type(declared_type, procedure.line)
        for one in procedure.params:
            self._visit(one.default)
        self._visit(procedure.body)

    def _note(self, rule, line, text):
        self.findings.append(Finding(rule, self._here[0], line, text))

    def _check_type(self, name, line):
        if self._type(name) is None and name.lower() not in _PLAIN_TYPES:
            self._note("unresolved-type", line, f"there is no type {name}")

    def _type(self, name):
        """A declared type with members; None for one without."""
        for module, parsed in self._modules.items():
            if name.lower() == module.lower() and parsed.kind == "class":
                return module
        return None if name.lower() in _PLAIN_TYPES else host_model.resolve_host_alias(name)

    def _visit(self, value):
        """Resolve a part of the tree; gives the type of an expression that has members."""
        if value is None or isinstance(value, str | int | float | bool):
            return None
        if isinstance(value, list | tuple):
            for one in value:
                self._visit(one)
            return None
        special = getattr(self, f"_{type(value).__name__.lower()}", None)
        if special is not None:
            return special(value)
        if is_dataclass(value):
            for one in fields(value):
                self._visit(getattr(value, one.name))
        return None

    def _name(self, node):
        return self._resolve(node.name, node.line)

    def _resolve(self, written, line):
        """[MS-VBAL] 5.6.10: procedure, module, project, references."""
        name = written.lower().rstrip("$%&!#@")
        module, _ = self._here
        if name in self._locals:
            return self._type(self._locals[name]) or self._project.late_bound.get(name)
        if name == "me":
            return module
        if name in self._members[module]:
            return self._own(module, name)
        for other, members in self._members.items():
            if self._modules[other].kind == "standard" and members.get(name, ("", "", False))[2]:
                return self._own(other, name)
        for other in self._modules:
            if other.lower() == name:
                return other
        if name == self._project.name.lower():
            return None
        return self._reference(name, written, line)

    def _reference(self, name, written, line):
        if resolve_runtime_function(name) or resolve_runtime_function(written) or name in {"dir", "environ"}:
            self._do(name)
            return None
        if resolve_runtime_constant(name):
            return None
        if name == "debug":
            return "Debug"
        if resolve_runtime_object(name):
            return "VBA." + resolve_runtime_object(name)["name"]
        found = host_model.resolve_host_global(name)
        if found or host_model.resolve_host_constant(name):
            return found
        member = host_model.resolve_host_global_member(name)
        if member is None:
            self._note("unresolved-name", line, f"nothing is called {written}")
            return None
        self._do(name)
        return member.get("returns")

    def _own(self, module, name):
        kind, declared_type, _ = self._members[module][name]
        if kind == "procedure":
            self.calls[self._here].add((module, name))
        if kind == "declare":
            self.does[self._here].add("library")
        return self._type(declared_type) or self._project.late_bound.get(name)

    def _do(self, name):
        if name in DIALOGS:
            self.does[self._here].add("dialog")
        if name in PROCESSES:
            self.does[self._here].add("process")

    def _member(self, node):
        target = self._subjects[-1] if node.target is None and self._subjects else self._visit(node.target)
        name = node.name.lower().rstrip("$")
        self._do(name)
        if target is None:
            self._note("late-bound", node.line, f".{node.name}: it is not known of what")
            return None
        if target in self._modules:
            return self._own_member(target, name, node)
        if target in {"Server", "Debug"}:
            if name not in (SERVER if target == "Server" else {"print", "assert"}):
                self._note("unknown-member", node.line, f"{target} has no {node.name}")
            return None
        if target.startswith("VBA."):
            members = resolve_runtime_object(target.removeprefix("VBA."))["members"]
            if name not in {member["name"].lower() for member in members}:
                self._note("unknown-member", node.line, f"{target} has no {node.name}")
            return None
        return self._host_member(target, name, node)

    def _own_member(self, module, name, node):
        kind, _, seen = self._members[module].get(name, ("", "", False))
        if not kind and self._project.modules[module][0] is DOCUMENT:
            return self._host_member("Excel.Workbook" if module == "ThisWorkbook" else "Excel.Worksheet", name, node)
        if not kind or not (seen or module == self._here[0]):
            self._note("unknown-member", node.line, f"{module} has no {node.name}")
            return None
        return self._own(module, name)

    def _host_member(self, target, name, node):
        if host_model.resolve_host_member(target, name):
            return RESULTS.get((target, name)) or host_model.resolve_member_return_type(target, name)
        # Excel answers for its worksheet functions on Application too
        if target == "Excel.Application" and host_model.resolve_host_member("Excel.WorksheetFunction", name):
            return None
        self._note("unknown-member", node.line, f"{target} has no {node.name}")
        return None

    def _index(self, node):
        found = self._visit(node.target)
        self._visit([argument.value for argument in node.args])
        return ITEMS.get(found, found)

    def _newexpr(self, node):
        self._check_type(node.type_name, node.line)

    def _typeofis(self, node):
        self._visit(node.value)
        self._check_type(node.type_name, node.line)

    def _with(self, node):
        self._subjects.append(self._visit(node.subject))
        self._visit(node.body)
        self._subjects.pop()

    def _foreach(self, node):
        self._visit(node.target)
        self._visit(node.collection)
        self._visit(node.body)

    def _vardecl(self, node):
        self._visit([bound for pair in node.bounds for bound in pair])

    def _constdecl(self, node):
        self._visit([value for _, _, value in node.names])

    def _raiseevent(self, node):
        self._visit([argument.value for argument in node.args])

    def _goto(self, node):
        """pyvbaanalysis looks for labels."""

    _gosub = _resume = _onerror = _ongoto = _label = _exitstmt = _optionstmt = _goto

    def _unsupported(self, node):
        """Statements that pyOpenVBA does not run: those over files."""
        if node.reason == "a procedure attribute":
            return
        self.does[self._here].add("file")
        for word in re.findall(r"[A-Za-z]\w*", code_of(node.text)):
            if word.lower() not in _FILE_WORDS:
                self._resolve(word, node.line)


_PLAIN_TYPES = frozenset(
    {"boolean", "byte", "integer", "long", "longlong", "longptr", "single", "double", "currency", "decimal", "date",
     "string", "object", "variant", "any"}
)  # fmt: skip


# what runs where ------------------------------------------------------------------------------------------------------


def _of_reach(project, walks):
    ribbon = ET.fromstring(project.ribbon).iter() if project.ribbon else ()
    asked = {
        name.lower()
        for control in ribbon
        for attribute, name in control.attrib.items()
        if attribute.startswith("get") or attribute in {"onLoad", "loadImage"}
    }
    for walk in walks:
        for module, (kind, text) in project.modules.items():
            events = "|".join(re.findall(r"\bWithEvents (\w+)", text)) or "(?!)"
            for procedure in walk._modules[module].procedures:
                start = (module, procedure.name.lower())
                if kind is STANDARD and procedure.kind == "function" and procedure.scope != "private":
                    yield from _reached(walk, start, {"dialog"}, "dialog-from-cell", procedure)
                by_itself = _EVENTS.fullmatch(procedure.name) or re.match(rf"(?:{events})_", procedure.name)
                if by_itself or procedure.name.lower() in asked:
                    forbidden = {"dialog", "process", "file", "library"}
                    yield from _reached(walk, start, forbidden, "runs-by-itself", procedure)


def _reached(walk, start, forbidden, rule, procedure):
    seen, open_ends = set(), [start]
    while open_ends:
        here = open_ends.pop()
        if here in seen:
            continue
        seen.add(here)
        open_ends += walk.calls[here]
        for deed in sorted(walk.does[here] & forbidden):
            yield Finding(rule, start[0], procedure.line, f"{procedure.name} comes to a {deed} in {'.'.join(here)}")


# the ribbon -----------------------------------------------------------------------------------------------------------


def signature(tag, attribute):
    """Parameters of a callback (name, ByVal, type) by control and attribute.

    Microsoft, "Customizing the 2007 Office Fluent Ribbon for Developers (Part 3 of 3)", table of callbacks for VBA.
    """
    if attribute == "onAction":
        return _ON_ACTION[tag]
    if attribute == "onChange":
        return (CONTROL, ("text", False, "String"))
    if attribute == "onLoad":
        return (("ribbon", False, "IRibbonUI"),)
    if attribute == "loadImage":
        return (("imageID", False, "String"), _ANSWER)
    return (CONTROL, _INDEX, _ANSWER) if attribute in _BY_ITEM else (CONTROL, _ANSWER)


def _of_ribbon(project, modules):
    if not project.ribbon:
        return
    procedures = {
        procedure.name.lower(): (name, procedure)
        for name, module in modules.items()
        if module.kind == "standard"
        for procedure in module.procedures
        if procedure.scope != "private"
    }
    for control in ET.fromstring(project.ribbon).iter():
        tag = control.tag.rpartition("}")[2]
        for attribute, name in control.attrib.items():
            if not attribute.startswith(("get", "on")) and attribute != "loadImage":
                continue
            module, procedure = procedures.get(name.lower(), ("", None))
            if procedure is None:
                yield Finding("callback-missing", "", 0, f"{tag}.{attribute}: there is no public {name} in a module")
                continue
            wanted = [(by_value, declared_type.lower()) for _, by_value, declared_type in signature(tag, attribute)]
            given = [(one.by_val, one.declared.lower()) for one in procedure.params]
            if procedure.kind != "sub" or given != wanted:
                yield Finding("callback-signature", module, procedure.line, f"{name} is not {tag}.{attribute}")
