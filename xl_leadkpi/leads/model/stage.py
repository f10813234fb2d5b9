"""The stages of a funnel: what each is called, which days tell it, what is counted of it.

Whatever else the package knows of stages follows from the :class:`Pipeline` that the options and the table carry; but
for it only the words of languages name one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.errors import OWN_STAGES, STAGE_NAMES, STAGE_WORDS, STANDS_FOR, InputError, brief

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Role = Literal["entry", "marketing", "converted", "opportunity", "won"]

WON, LOST, OPEN = "Won", "Lost", "Open"
"""Outcomes, as words tell them; reports show the last two beside the stages."""
_ENDS = {"entry": ("created", "created", "leads", "Lead"), "won": ("d_won", "won_date", "won", WON)}
"""Column, field, count and words of the stages that every pipeline has, whatever it calls them."""
FEWEST_OPEN, MOST_OPEN = 2, 20
"""Stages that a pipeline of the user's own may have before the win."""
_CREATED = "(created)"
"""The first stage of a lead where a deal's stage has taken its name."""
_UNUSUAL = "(own)"
"""What a stage stands for that the usual funnel does not know."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        name: As reports show it; languages translate it as ``label.`` + name.
        date_column: The lead table's column with the day it was entered; ``d_`` + name in lower case if not given,
            ``created`` and ``d_won`` at the ends.
        date_fields: Fields of an export that tell that day; of several a table has, the last one does. Name in lower
            case + ``_date`` if not given.
        count_key: Public name of its count; the name in lower case if not given.
        cost_kpi: KPI of what one lead in it cost, as the key of its column and its function; None if it has none.
        role: ``entry``, every lead is in it from the start; ``marketing``, it belongs to a table of leads, never of
            deals; ``converted``, what a CRM calls converted has reached it; ``opportunity``, from here on a lead is an
            opportunity; ``won``, the last one; None for the others.
        floats: It may come before or after the opportunity; each table's dates tell.
        flag: Field of an export that says by yes or no whether it was reached; ``""`` if there is none.
        has_card: Its count stands among the cards on top of the sheet.
        arguments: Arguments of KPIs that its count is given for.
        stands_for: Stage of the usual funnel whose words it is known by; its own name if not given, those of leads and
            wins at the ends.
        words: Further words of an export that mean it.
    """

    name: str
    date_column: str = ""
    date_fields: tuple[str, ...] = ()
    count_key: str = ""
    cost_kpi: tuple[str, str] | None = None
    role: Role | None = None
    floats: bool = False
    flag: str = ""
    has_card: bool = True
    arguments: tuple[str, ...] = ()
    stands_for: str = ""
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Fill in what follows from the role, else from the name."""
        key = "_".join(self.name.lower().split())
        usual = _ENDS.get(self.role or "", (f"d_{key}", f"{key}_date", key, self.name))
        object.__setattr__(self, "date_column", self.date_column or usual[0])
        object.__setattr__(self, "date_fields", self.date_fields or (usual[1],))
        object.__setattr__(self, "count_key", self.count_key or usual[2])
        object.__setattr__(self, "stands_for", self.stands_for or usual[3])

    @property
    def is_own(self) -> bool:
        """The user has named it: no language has a word for it."""
        return self.name != self.stands_for

    @property
    def is_usual(self) -> bool:
        """It is one of the usual funnel, whatever it is called."""
        return self.stands_for != _UNUSUAL

    def date_field(self, fields: Collection[str]) -> str | None:
        """The field that tells its day in a table with these fields, None if there is none."""
        return next((field for field in reversed(self.date_fields) if field in fields), None)


@dataclass(frozen=True)
class Pipeline:
    """The stages of a table, in their usual order.

    Rows tell a stage by its index from 1; the two indexes after the last are those of the outcomes lost and open.

    >>> PIPELINE.index("SQL"), PIPELINE.entry.name, PIPELINE.won.date_column, len(PIPELINE)
    (3, 'Lead', 'd_won', 7)
    """

    stages: tuple[Stage, ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # what is derived from a pipeline is looked up by it again and again
        return hash(self.stages)

    def __reduce__(self) -> tuple[type[Pipeline], tuple[tuple[Stage, ...]]]:
        return Pipeline, (self.stages,)  # a hash of texts is another one in another process

    def __post_init__(self) -> None:
        """Refuse what cannot be counted.

        Raises:
            ValueError: No first and last stage, a role taken twice, or two stages with the same name or column.
        """
        roles = [stage.role for stage in self.stages if stage.role is not None]
        ends = (self.stages[0].role, self.stages[-1].role) if self.stages else ()
        if ends != ("entry", "won") or len(set(roles)) < len(roles):
            raise ValueError("a pipeline begins with its entry, ends with the win, and has each role once")
        for key in ("name", "date_column", "count_key"):
            if len({getattr(stage, key) for stage in self.stages}) < len(self.stages):
                raise ValueError(f"two stages of a pipeline have the same {key}")

    def __len__(self) -> int:
        return len(self.stages)

    def __iter__(self) -> Iterator[Stage]:
        return iter(self.stages)

    def __getitem__(self, name: str) -> Stage:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Stage]:
        return {stage.name: stage for stage in self.stages}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the stages, in order."""
        return tuple(stage.name for stage in self.stages)

    def index(self, name: str) -> int:
        """Index of a stage, from 1."""
        return self.names.index(name) + 1

    @cached_property
    def won_index(self) -> int:
        """Index of the win."""
        return len(self.stages)

    @cached_property
    def lost_index(self) -> int:
        """What stands for a loss where a word of a stage or a status is told by a number."""
        return len(self.stages) + 1

    @cached_property
    def open_index(self) -> int:
        """What stands for an open status."""
        return len(self.stages) + 2

    @cached_property
    def codes(self) -> Mapping[str, int]:
        """What a word may mean, a stage or an outcome, to the number that rows carry."""
        indexes = {name: index for index, name in enumerate(self.names, 1)}
        return {**indexes, LOST: self.lost_index, OPEN: self.open_index}

    @property
    def entry(self) -> Stage:
        """The stage every lead begins in."""
        return self.stages[0]

    @property
    def won(self) -> Stage:
        """The last stage."""
        return self.stages[-1]

    @cached_property
    def opportunity(self) -> Stage | None:
        """The stage from which a lead is an opportunity; None if there is none short of the win."""
        return self._with_role("opportunity")

    @cached_property
    def converted(self) -> Stage | None:
        """The stage that a converted lead has reached."""
        return self._with_role("converted")

    @cached_property
    def marketing(self) -> Stage | None:
        """The stage that only leads have."""
        return self._with_role("marketing")

    @cached_property
    def floating(self) -> Stage | None:
        """The stage that may come before or after the opportunity."""
        return next((stage for stage in self.stages if stage.floats), None) if self.opportunity else None

    def _with_role(self, role: Role) -> Stage | None:
        return next((stage for stage in self.stages if stage.role == role), None)

    @cached_property
    def opportunity_index(self) -> int:
        """Index of the opportunity, or of the win where no stage short of it makes one."""
        return self.index((self.opportunity or self.won).name)

    @cached_property
    def before_opportunity(self) -> tuple[Stage, ...]:
        """Stages of a lead's life that a deal has behind it."""
        return tuple(stage for stage in self.stages[: self.opportunity_index - 1] if not stage.floats)

    @cached_property
    def of_deals(self) -> tuple[Stage, ...]:
        """The other stages: those a deal passes through."""
        return tuple(stage for stage in self.stages if stage not in self.before_opportunity)

    @cached_property
    def inner(self) -> tuple[Stage, ...]:
        """The stages between the first and the last."""
        return self.stages[1:-1]

    @cached_property
    def date_columns(self) -> tuple[str, ...]:
        """Columns with the days of the stages, in order."""
        return tuple(stage.date_column for stage in self.stages)

    @cached_property
    def date_fields(self) -> tuple[str, ...]:
        """Fields of an export that tell the day of a stage, in order."""
        return tuple(field for stage in self.stages for field in stage.date_fields)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """Fields of an export that say by yes or no whether a stage was reached, in order."""
        return tuple(stage.flag for stage in self.stages if stage.flag)

    @cached_property
    def counted(self) -> Mapping[str, Stage]:
        """The stages by the public names of their counts."""
        return {stage.count_key: stage for stage in self.stages}

    @property
    def own_names(self) -> Mapping[str, str]:
        """What the user calls the stages of her own before the win, by the public names of their counts."""
        return {stage.count_key: stage.name for stage in self.inner if stage.is_own}


PIPELINE = Pipeline((
    Stage("Lead", role="entry", arguments=("leads",)),
    Stage("MQL", cost_kpi=("cost_per_mql", "CPMQL"), role="marketing", flag="is_mql",
          arguments=("mqls", "qualified")),
    Stage("SQL", cost_kpi=("cost_per_sql", "CPSQL"), role="converted", flag="is_sql",
          arguments=("sqls",)),
    Stage("Meeting", date_fields=("meeting_booked", "meeting_held"), count_key="meetings",
          cost_kpi=("cost_per_meeting", "CPMTG"), floats=True, flag="is_meeting", arguments=("meetings",)),
    Stage("Opportunity", count_key="opportunities", cost_kpi=("cost_per_opportunity", "CPOPP"), role="opportunity",
          arguments=("opportunities",)),
    Stage("Proposal", count_key="proposals", has_card=False),
    Stage("Won", role="won", arguments=("won",)),
))  # fmt: skip
"""The usual funnel of a B2B sale. Lost is an outcome, not a stage."""


@dataclass(frozen=True, slots=True)
class OwnStage:
    """A stage of the user's own.

    Attributes:
        name: As the user calls it, and as reports show it.
        words: What an export writes for it besides its name.
        stands_for: Stage of the usual funnel between lead and win whose count, days, words and KPIs are its own; ``""``
            if it is none of them.
    """

    name: str
    words: tuple[str, ...] = ()
    stands_for: str = ""


WIN = OwnStage(PIPELINE.won.name)
"""The win where the user has no other name for it."""


def own_pipeline(open_stages: Sequence[OwnStage], won: OwnStage = WIN, *, is_deals: bool = False) -> Pipeline:
    """Make a pipeline of the user's stages.

    Args:
        open_stages: The stages before the win, in order; every lead or deal is in the first from its creation.
        won: What the win is called.
        is_deals: They are stages of deals: whoever is in the first is an opportunity, and has the usual stages of a
            lead behind it.

    Raises:
        InputError: They are too few or too many, two have the same name or word or stand for the same stage, one has
            the name of an outcome, or what one stands for is no stage of the usual funnel between lead and win.

    >>> deals = own_pipeline([OwnStage("Enquiry"), OwnStage("Demo", stands_for="Meeting"), OwnStage("Offer")])
    >>> deals.names, [stage.count_key for stage in deals], deals["Demo"].date_fields
    (('Enquiry', 'Demo', 'Offer', 'Won'), ['leads', 'meetings', 'stage_offer', 'won'], ('meeting_booked', 'meeting_held'))
    """  # noqa: E501
    _refuse_number(open_stages)
    _refuse_words([*open_stages, won])
    _refuse_what_they_stand_for([*open_stages, won], is_deals=is_deals)
    first, *inner = open_stages
    if is_deals:
        return _of_deals(first, inner, won)
    stages = [_at_end(PIPELINE.entry, first), *map(_own_stage, inner), _at_end(PIPELINE.won, won)]
    return Pipeline(tuple(_with_opportunity(stages)))


def listed_stages(pipeline: Pipeline, *, is_deals: bool) -> tuple[OwnStage, ...]:
    """The stages of a pipeline of the user's own as :func:`own_pipeline` takes them, the win last.

    >>> given = (OwnStage("Fit"), OwnStage("Demo", ("Show",), "Meeting"), OwnStage("Sold", stands_for="Won"))
    >>> listed_stages(own_pipeline(given[:2], OwnStage("Sold"), is_deals=True), is_deals=True) == given
    True
    """
    shown = pipeline.of_deals if is_deals else pipeline.stages
    first, *others = shown
    return (
        OwnStage(first.name, first.words),
        *(OwnStage(one.name, one.words, one.stands_for if one.is_own and one.is_usual else "") for one in others),
    )


def possible_pipelines(open_stages: Sequence[OwnStage], won: OwnStage) -> tuple[Pipeline, ...]:
    """The pipelines with the user's stages where it is not yet known whether they are of leads or of deals.

    Raises:
        InputError: They can be stages of neither.
    """
    found: list[Pipeline] = []
    faults: list[InputError] = []
    for is_deals in (False, True):
        try:
            found.append(own_pipeline(open_stages, won, is_deals=is_deals))
        except InputError as fault:
            faults.append(fault)
    if not found:
        raise faults[0]
    return tuple(found)


def _of_deals(first: OwnStage, inner: Sequence[OwnStage], won: OwnStage) -> Pipeline:
    """The usual stages of a lead, then the user's, the first of which is the opportunity."""
    opportunity = PIPELINE.opportunity
    assert opportunity is not None
    own = [
        replace(opportunity, name=first.name, words=first.words),
        *map(_own_stage, inner),
        _at_end(PIPELINE.won, won),
    ]
    names = {_key(stage.name) for stage in own}
    entry, *later = PIPELINE.before_opportunity
    if _key(entry.name) in names:
        entry = replace(entry, name=_CREATED)
    return Pipeline((entry, *(stage for stage in later if _key(stage.name) not in names), *own))


def _refuse_number(stages: Sequence[OwnStage]) -> None:
    if not FEWEST_OPEN <= len(stages) <= MOST_OPEN:
        last = stages[: MOST_OPEN + 1][-1].name if stages else ""
        raise InputError(
            f"Stages: {len(stages)} before the win; a funnel has {FEWEST_OPEN} to {MOST_OPEN} of them. The win and the "
            "loss are not among them.",
            (OWN_STAGES, last),
        )


def _refuse_words(stages: Sequence[OwnStage]) -> None:
    for one in stages:
        if not _key(one.name):
            raise InputError(
                f"Stages: '{brief(one.name)}' is no name of a stage. Name it with letters or digits.",
                (STAGE_NAMES, one.name),
            )
        if _key(one.name) in {_key(LOST), _key(OPEN)}:
            raise InputError(
                f"Stages: '{brief(one.name)}' is an outcome, not a stage. Leave it out, or rename the stage.",
                (STAGE_NAMES, one.name),
            )
    met: dict[str, OwnStage] = {}
    for one in stages:
        for key, text in {_key(text): text for text in (one.name, *one.words)}.items():
            if key in met:
                # a word yields to a name, and the later to the earlier; but the win need not have been listed
                first = met[key]
                keeps = key != _key(first.name) and key == _key(one.name)
                at_fault = first if keeps or one is stages[-1] else one
                setting = STAGE_NAMES if key == _key(at_fault.name) else STAGE_WORDS
                said = f"Stages: '{brief(text)}': two stages have this name or word. Name each once."
                raise InputError(said, (setting, at_fault.name))
            met[key] = one


def stood_for(*, is_deals: bool) -> tuple[str, ...]:
    """The stages of the usual funnel that one of the user's own may stand for.

    >>> stood_for(is_deals=True)
    ('Meeting', 'Proposal')
    """
    of_deals = tuple(stage for stage in PIPELINE.of_deals if stage.role not in ("opportunity", "won"))
    return tuple(stage.name for stage in (of_deals if is_deals else PIPELINE.inner))


def _refuse_what_they_stand_for(stages: Sequence[OwnStage], *, is_deals: bool) -> None:
    usual = stood_for(is_deals=is_deals)
    for one in (stages[0], stages[-1]):
        if one.stands_for:
            what = "the first stage: every lead is in it" if one is stages[0] else "the win"
            raise InputError(
                f"Stages: '{brief(one.name)}' is {what}, and stands for no '{brief(one.stands_for)}'. Leave that out.",
                (STANDS_FOR, one.name),
            )
    for one in stages[1:-1]:
        if one.stands_for and one.stands_for not in usual:
            if is_deals:
                there = f"{', '.join(usual)} that a deal passes through. Write one of these, or leave it out."
                there += " If the rows are leads, say --kind leads."
            else:
                of_deals = ", ".join(stood_for(is_deals=True))
                there = f"{', '.join(usual)}. Write one of these (of deals {of_deals}), or leave it out."
            raise InputError(
                f"Stages: '{brief(one.name)}' stands for '{brief(one.stands_for)}', which is none of {there}",
                (STANDS_FOR, one.name),
            )
    met: set[str] = set()
    for one in stages:
        if one.stands_for in met:
            raise InputError(
                f"Stages: '{brief(one.stands_for)}': two stages stand for it. Name each once.", (STANDS_FOR, one.name)
            )
        met |= {one.stands_for} - {""}


def _key(text: str) -> str:
    """A name without case and punctuation."""
    return "_".join(re.findall(r"\w+", text.casefold()))


def _at_end(usual: Stage, given: OwnStage) -> Stage:
    return replace(usual, name=given.name, words=given.words)


def _own_stage(given: OwnStage) -> Stage:
    """A stage on the way: the usual one under another name, or one that only the user knows."""
    if given.stands_for:
        # where it comes in the order the user has said
        return replace(PIPELINE[given.stands_for], name=given.name, words=given.words, floats=False)
    # no other field, column or figure begins so, whatever the name is
    key = f"stage_{_key(given.name)}"
    return Stage(given.name, f"d_{key}", (f"{key}_date",), key, stands_for=_UNUSUAL, words=given.words)


def _with_opportunity(stages: list[Stage]) -> list[Stage]:
    """The stages, the first that stands for an opportunity or more with the role of one."""
    later = {stage.name for stage in PIPELINE.of_deals} - {stage.name for stage in PIPELINE.stages if stage.floats}
    first = next((stage for stage in stages[1:-1] if stage.stands_for in later), None)
    if first is None or any(stage.role == "opportunity" for stage in stages):
        return stages
    return [replace(stage, role="opportunity") if stage is first else stage for stage in stages]
