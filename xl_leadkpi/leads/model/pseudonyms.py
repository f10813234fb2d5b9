"""Pseudonyms of persons and companies: the same text has the same one, and without the secret nobody finds it."""

from __future__ import annotations

import hmac
import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.leads.model.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.findings import Detail, Finding

EMAIL: Final = "E-mail"
KINDS: Final = {
    "lead_id": "Lead", "link_id": "Lead", "name": "Name", "contact": "Contact", "company": "Company", "email": EMAIL,
    "phone": "Phone", "owner": "Owner",
}  # fmt: skip
"""By field that tells of a person or a company, what its pseudonyms begin with."""
LEFT_OUT: Final = "…"
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 12
"""Letters of a pseudonym. Of a million texts no two have the same one but with a chance of 4e-7: 1e12 / 2 / 32**12."""
_ADDRESS = re.compile(r"[^\s@<>()\[\]\",;:]+@[^\s@<>()\[\]\",;:]+\.[^\s@<>()\[\]\",;:]+")
_PSEUDONYM = re.compile(
    rf"(?:{'|'.join(sorted(set(KINDS.values())))}) [{LETTERS}]{{{LENGTH}}}|\S+@\S+\.example\.invalid"
)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """How the texts of a table are shown.

    A pseudonym is a keyed hash (HMAC-SHA256, RFC 2104) of the kind and the text, without case and surplus spaces: who
    has no key cannot try names out, and there is no table that gives them away.

    Attributes:
        key: The secret.
        columns: By column of the lead table that tells of persons or companies, their kind.

    >>> shown = Pseudonyms(b"a secret that nobody knows")
    >>> shown.of("Anna  Nowak", "Owner") == shown.of("anna nowak", "Owner") != shown.of("Anna Nowak", "Contact")
    True
    >>> len(shown.of("Anna Nowak", "Owner")), shown.of("", "Owner"), shown.of("a@acme.example", "E-mail")[-16:]
    (18, '', '.example.invalid')
    """

    key: bytes = field(repr=False)
    columns: Mapping[str, str] = field(default_factory=dict)

    def of(self, text: str, kind: str) -> str:
        """The pseudonym of a text; a blank one stays blank."""
        if not text.strip():
            return text
        _, is_address, domain = text.strip().rpartition("@")
        if kind == EMAIL and is_address:
            place = self._code(domain, "domain")  # a company's addresses have one domain still
            return f"{self._code(text, kind)}@{place}.example.invalid".lower()
        return f"{kind} {self._code(text, kind)}"

    def shown(self, values: Iterable[Any], kind: str | None) -> list[Any]:
        """Values under their pseudonyms; of a kind that is nobody's only what is an address."""
        found: dict[str, str] = {}
        shown = []
        for value in values:
            if isinstance(value, str) and value not in found:
                found[value] = self.of(value, kind) if kind else self.without_addresses(value)
            shown.append(found[value] if isinstance(value, str) else value)
        return shown

    def without_addresses(self, text: str) -> str:
        """A text with a pseudonym for each e-mail address in it."""
        return _ADDRESS.sub(lambda found: self.of(found[0], EMAIL), text) if "@" in text else text

    def finding(self, finding: Finding, *, is_personal: bool = False) -> Finding:
        """A finding without what the title of a report or a cell in the wrong place may give away.

        Args:
            finding: The finding.
            is_personal: Its column tells of persons or companies.

        Returns:
            The same object where there was nothing to hide.
        """
        details = {key: self._detail(finding.kind, key, value, is_personal) for key, value in finding.details.items()}
        return finding if details == finding.details else replace(finding, details=details)

    def findings(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        """Findings of a table that has no persons."""
        return tuple(map(self.finding, found))

    def _detail(self, kind: FindingKind, key: str, value: Detail, is_personal: bool) -> Detail:
        if key == "title" and kind in (FindingKind.TITLE_ROWS, FindingKind.SPEND_RANGE):
            return (LEFT_OUT,) if isinstance(value, tuple) else LEFT_OUT
        if key == "example" and isinstance(value, str) and (is_personal or any(map(str.isalpha, value))):
            return LEFT_OUT
        if isinstance(value, tuple):
            return tuple(self.without_addresses(one) if isinstance(one, str) else one for one in value)  # type: ignore[return-value]
        return self.without_addresses(value) if isinstance(value, str) else value

    def _code(self, text: str, kind: str) -> str:
        same = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        number = int.from_bytes(hmac.digest(self.key, f"{kind}\0{same}".encode("utf-8", "surrogatepass"), "sha256"))
        return "".join(LETTERS[number >> 5 * place & 31] for place in range(LENGTH))


def is_pseudonym(text: str) -> bool:
    """Tell whether a text looks like a pseudonym, of whatever secret.

    >>> is_pseudonym("Owner 4F2A9CK7Q2MD"), is_pseudonym("Owner")
    (True, False)
    """
    return _PSEUDONYM.fullmatch(text) is not None
