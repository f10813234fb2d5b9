"""Attribution models: their names, and how each shares the credit for a conversion among the touches before it.

The KPI ``ATTRIB`` weights one path, the funnel credits the paths of all leads; both know the models from here, so a
name means the same in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.grid import Grid
from xl_leadkpi.cells.values import BLANK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class AttributionModel(NamedTuple):
    """One model.

    Attributes:
        name: Its name, also its key in reports.
        credit: Who gets how much.
        aliases: Other names in use; case, spaces, hyphens and underscores never matter.
        needs_paths: It compares many paths: there are no weights of a single one.
    """

    name: str
    credit: str
    aliases: tuple[str, ...] = ()
    needs_paths: bool = False


MODELS: Final = (
    AttributionModel("first", "the first touch gets all", ("first touch", "first click", "first interaction")),
    AttributionModel("last", "the last touch gets all", ("last touch", "last click", "last interaction")),
    AttributionModel(
        "last_non_direct",
        "the last touch that is not Direct gets all",
        ("last non direct click", "last indirect"),
    ),
    AttributionModel("linear", "every touch gets the same", ("linear touch", "even")),
    AttributionModel(
        "position",
        "40 % the first touch, 40 % the last, 20 % the others",
        ("position based", "position based 40 20 40", "bathtub"),
    ),
    AttributionModel(
        "u_shaped",
        "40 % the first touch, 40 % the one that made the lead, 20 % the others",
        ("u shape", "u"),
    ),
    AttributionModel("time_decay", "a touch one half-life before another gets half as much", ("decay",)),
    AttributionModel(
        "w_shaped",
        "30 % each the first touch and those that made the lead and the opportunity, 10 % the others",
        ("w shape", "w"),
    ),
    AttributionModel(
        "full_path",
        "22.5 % each the first touch, those that made the lead and the opportunity, and the last, 10 % the others",
        ("z shaped", "z shape", "z"),
    ),
    AttributionModel("markov", "what would be lost without the channel", ("markov chain",), needs_paths=True),
    AttributionModel(
        "shapley_counts",
        "each channel of a path the same, however often it touched: the Shapley value of the number of wins",
        ("shapley", "shapley value", "simplified shapley", "simplified shapley value"),
        needs_paths=True,
    ),
    AttributionModel(
        "shapley_rates",
        "what each channel of a path adds to the share of such paths that is won: the Shapley value of the rate",
        ("shapley rate", "conversion rate shapley", "shapley conversion rate"),
        needs_paths=True,
    ),
)
"""Position-based and U-shaped are two models: the second 40 % go to the last touch before the conversion there, to the
touch that made the lead here. They agree where the lead is made by the last touch.

Both Shapley models are the same solution of two games. Where a set of channels is worth the wins of all paths within it
(Zhao, Mahboobi, Bagheri 2018: the simplified Shapley value, as Google's Ads Data Hub has it), paths that were not won
count for nothing, and each channel of a path gets the same share. Where it is worth its conversion rate, they count."""

RULES: Final = tuple(model.name for model in MODELS if not model.needs_paths)
"""Models that give each touch of a path a weight by its place."""

DIRECT: Final = (
    "direct", "(direct)", "direct traffic", "direct / none", "(direct) / (none)", "direct / (none)",
    "bezpośrednie", "bezpośredni", "ruch bezpośredni", "wejścia bezpośrednie", "wejście bezpośrednie",
    "прямой заход", "прямые заходы", "прямой трафик", "прямой", "direkt", "direktzugriff", "directo",
    "tráfico directo", "accès direct", "trafic direct",
)  # fmt: skip
"""Names of the channel that is none: the visitor typed the address."""

_MEANINGLESS: Final = ("_", "-", " ")
"""Characters that make no difference between two names of a model."""

_FIRST, _LAST, _LAST_NON_DIRECT, _LINEAR, _POSITION, _U_SHAPED, _TIME_DECAY, _W_SHAPED, _FULL_PATH = range(1, 10)
"""Numbers of the rules, in their order, as the LAMBDA writes them."""


def model_named(text: str) -> str | None:
    """The model that a user means, None for no known one.

    >>> model_named("U-Shape"), model_named("ushape"), model_named("Position based"), model_named("best")
    ('u_shaped', 'u_shaped', 'position', None)
    """
    return _MODEL_OF.get(_key(text))


def _key(name: str) -> str:
    for character in _MEANINGLESS:
        name = name.replace(character, "")
    return name.lower()


_MODEL_OF: Final = {_key(name): model.name for model in MODELS for name in (model.name, *model.aliases)}


def _known_rules() -> str:
    """LAMBDA: the number of the model called ``key``, 0 for none."""
    known = [(key, RULES.index(name) + 1) for key, name in _MODEL_OF.items() if name in RULES]
    keys, numbers = ",".join(f'"{key}"' for key, _ in known), ",".join(str(number) for _, number in known)
    return f"SUM((key={{{keys}}})*{{{numbers}}})"


def _substituted(text: str) -> str:
    for character in _MEANINGLESS:
        text = f'SUBSTITUTE({text},"{character}","")'
    return text


def _no_touch(position: str) -> str:
    """LAMBDA: 1 where a position is that of no touch."""
    return f"(({position}<1)+({position}>touched)+({position}<>INT({position}))>0)"


_DIRECT_LISTED: Final = ",".join(f'"{channel}"' for channel in DIRECT)

PATH_LETS: Final = (
    f"key,LOWER({_substituted('model')})",
    f"known,{_known_rules()}",
    "rule,IF(known=0,#VALUE!,known)",
    "path,TOCOL(TRIM(touches))",
    'age,TOCOL(IF(days_before_="","",days_before_))',
    f"matching,IF(rule={_TIME_DECAY},IF(ROWS(age)=ROWS(path),1,#VALUE!),1)",
    f'present,matching*(path<>"")*IF(rule={_TIME_DECAY},age<"",1)',
    "touched,SUM(present)",
    "position,present*SCAN(0,present,LAMBDA(total,one,total+one))",
    f"indirect,MAP(path,position,LAMBDA(channel,place,place*(SUM((channel={{{_DIRECT_LISTED}}})*1)=0)))",
    "credited,IF(MAX(indirect)=0,touched,MAX(indirect))",
    f"lead,IF(rule={_POSITION},touched,IF((rule={_U_SHAPED})*(lead_touch_=0),touched,lead_touch_))",
    f"share,IF(rule={_FULL_PATH},0.225,IF(rule={_W_SHAPED},0.3,0.4))",
    f"rest,IF(rule>={_W_SHAPED},0.1,0.2)",
    f"later,(rule>={_W_SHAPED})*(position=opp_touch_)+(rule={_FULL_PATH})*(position=touched)",
    "roles,share*((position=1)+(position=lead)+later)*present",
    "others,present*(roles=0)",
    "power,IF(present,2^((MIN(IF(present,age,1E+300))-age)/half_life_),0)",
)
POSITIONS_OUTSIDE: Final = (
    f"(touched>0)*((rule>={_W_SHAPED})*({_no_touch('lead_touch_')}+{_no_touch('opp_touch_')})"
    f"+(rule={_U_SHAPED})*(lead_touch_<>0)*{_no_touch('lead_touch_')})"
)
WITHOUT_HALF_LIFE: Final = f"(rule={_TIME_DECAY})*(half_life_=0)*(touched>0)"
WEIGHTS_TEXT: Final = (
    'IF(touched=0,"",IF(present,'
    f"IF(rule={_FIRST},(position=1)*1,IF(rule={_LAST},(position=touched)*1,"
    f"IF(rule={_LAST_NON_DIRECT},(position=credited)*1,IF(rule={_LINEAR},present/touched,"
    f"IF(rule={_TIME_DECAY},power/SUM(power),"
    'IF(SUM(others)=0,roles/SUM(roles),roles+others*rest/SUM(others))))))),""))'
)


class TouchPath(NamedTuple):
    """What the weights of one path depend on.

    Attributes:
        channels: Of its touches, in order, in lower case.
        ages: Days from each touch to the conversion.
        half_life: Days in which a touch loses half its weight.
        lead_touch, opp_touch: Places of the touches that made the lead and the opportunity, from 1; 0 for none named.
    """

    channels: Sequence[str]
    ages: NDArray[np.float64]
    half_life: float
    lead_touch: float
    opp_touch: float


def weights_of_path(
    touches: Sequence[str], model: Any, days_before: Any, half_life: float, positions: tuple[float, float]
) -> Grid | CellError | str:
    """Weights of the touches of one path, see :func:`xl_leadkpi.kpis.forecast.attribution_weights`.

    Args:
        touches: Channels, in time order; ``""`` is no touch.
        model: Name of one of ``RULES``, or an alias.
        days_before: Days from each touch to the conversion.
        half_life: Days in which a touch loses half its weight.
        positions: Of the touches that made the lead and the opportunity, from 1.

    Returns:
        The weights, blank beside a blank touch; ``""`` for a path without touches.

    Raises:
        ZeroDivisionError: If the half-life is zero.
    """
    rule = model_named(model) if isinstance(model, str) else None
    ages = np.atleast_1d(days_before)
    if rule not in RULES or (rule == "time_decay" and len(ages) != len(touches)):
        return CellError.VALUE
    present = np.array([touch != "" for touch in touches], dtype=bool)
    if rule == "time_decay":
        present &= np.isfinite(ages)
    touched = int(present.sum())
    if touched == 0:
        return BLANK
    if rule == "time_decay" and half_life == 0:
        raise ZeroDivisionError
    if not all(1 <= place <= touched and place == int(place) for place in _needed(rule, positions)):
        return CellError.NUM
    channels = [touch for touch, there in zip(touches, present, strict=True) if there]
    path = TouchPath(channels, ages[present] if rule == "time_decay" else ages, half_life, *positions)
    weights = np.full(len(touches), np.nan)
    weights[present] = _weights(rule, path)
    return Grid(weights)


def _needed(rule: str, positions: tuple[float, float]) -> tuple[float, ...]:
    """The positions that have to be those of touches."""
    lead_touch, _ = positions
    if rule in {"w_shaped", "full_path"}:
        return positions
    return (lead_touch,) if rule == "u_shaped" and lead_touch != 0 else ()


def _weights(rule: str, path: TouchPath) -> NDArray[np.float64]:
    touched = len(path.channels)
    if rule == "linear":
        return np.full(touched, 1 / touched)
    if rule == "time_decay":
        power = np.exp2((path.ages.min() - path.ages) / path.half_life)
        return np.asarray(power / power.sum())
    roles, share, rest = _roles(rule, path)
    place = np.arange(1, touched + 1)
    own = np.sum([(place == role) * share for role in roles], axis=0)
    others = own == 0
    return np.asarray(own + others * rest / others.sum() if others.any() else own / own.sum())


def _roles(rule: str, path: TouchPath) -> tuple[tuple[float, ...], float, float]:
    """The places whose touches get a share each, that share, and the rest for the other touches."""
    touched, lead = len(path.channels), path.lead_touch
    indirect = [place for place, channel in enumerate(path.channels, 1) if channel not in DIRECT]
    return {
        "first": ((1,), 1, 0),
        "last": ((touched,), 1, 0),
        "last_non_direct": ((max(indirect, default=touched),), 1, 0),
        "position": ((1, touched), 0.4, 0.2),
        "u_shaped": ((1, lead or touched), 0.4, 0.2),
        "w_shaped": ((1, lead, path.opp_touch), 0.3, 0.1),
        "full_path": ((1, lead, path.opp_touch, touched), 0.225, 0.1),
    }[rule]
