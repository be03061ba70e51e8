"""What one browser tab shows, and where it comes from: its own memory, its link, or the first example."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import streamlit as st

from planner.errors import InputError
from planner.planning.plan import Outcome, Plan
from planner.planning.what_if.changes import Change
from planner.resources import catalogs_dir
from planner.session.cached import facts_version, planned, the_catalog
from planner.session.link import LONGEST, pack, read_changes, unpack, write_changes
from planner.workload.load import parse_workload, workload_hash
from planner.workload.schema import Segment, Workload
from planner.workload.yaml_text import read_text

FIRST_EXAMPLE: Final = "invoice-extraction"
SERVING_NAMES: Final = ("scope", "gpu", "precision", "rent", "mode", "offer", "lens", "spare")
"""What a link says of the Serving page."""
MEASURE_NAMES: Final = ("view", "run", "suite", "for", "ask", "items", "repeats", "ways", "cap")
"""What a link says of the Measure page."""
_KEY: Final = "session"
_MOST_KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of changes, saved."""

    name: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Session:
    """The state of one browser tab."""

    text: str
    """Workload YAML as it stands in the editor, right or wrong."""
    workload: Workload
    """The last workload that was right."""
    origin: str
    """Id of the example it came from; '' for the user's own."""
    outcome: Outcome
    """Answer for `workload`."""
    last_plan: Plan | None
    """The last plan there was: shown beside a conflict."""
    good_text: str = ""
    """YAML of `workload` as a person wrote it, comments included."""
    past: tuple[str, ...] = ()
    """Texts before it, the latest last."""
    future: tuple[str, ...] = ()
    """Texts that were undone, the latest last."""
    problems: tuple[InputError, ...] = ()
    """What is wrong with the text, or with a field of the form."""
    changes: tuple[Change, ...] = ()
    """What-if: the moved inputs."""
    scenarios: tuple[Scenario, ...] = ()
    segment: str = ""
    """Name of the segment looked at."""
    model: str = ""
    """Id of the model looked at."""
    serving: dict[str, str] = field(default_factory=dict)
    """What the Serving page compares, by the name it has in the address: GPU, offer, lens and the like."""
    measure: dict[str, str] = field(default_factory=dict)
    """What the Measure page asks and shows, by the name it has in the address: suite, models, run and the like."""
    note: str = ""
    """Said at the top of the page."""
    planned_for: str = ""
    """Hash of the workload that `outcome` answers."""
    planned_on: str = ""
    """Hash of the facts that it rests on."""

    def __post_init__(self) -> None:
        """A session begins with a text that is right."""
        self.good_text = self.good_text or self.text

    def segment_of_interest(self) -> Segment:
        """Segment looked at; the first when none was chosen."""
        for segment in self.workload.segments:
            if segment.name == self.segment:
                return segment
        return self.workload.segments[0]


@lru_cache(maxsize=1)
def example_names() -> tuple[str, ...]:
    """Ids of the example workloads, the one that the dashboard opens on first."""
    names = sorted(path.stem for path in (catalogs_dir() / "workloads").glob("*.yaml"))
    return tuple(sorted(names, key=lambda name: name != FIRST_EXAMPLE))


@lru_cache(maxsize=32)
def example_text(name: str) -> str:
    """YAML of an example; InputError when there is none of that id."""
    if name not in example_names():
        raise InputError("link", "example", found=name, allowed=f"one of {', '.join(example_names())}")
    return read_text(catalogs_dir() / "workloads" / f"{name}.yaml", name)


def current_session() -> Session:
    """This tab's state, its plan up to date and its address written."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _opened(st.query_params.to_dict())
    session: Session = st.session_state[_KEY]
    _plan_anew(session)
    _write_link(session)
    return session


def _opened(link: Mapping[str, str]) -> Session:
    """State that a link names; a wrong link is said, and the first example opened instead."""
    note = ""
    try:
        text, origin = _linked_text(link)
        workload = parse_workload(text, origin or "the link")
        changes = read_changes(link.get("set", ""))
    except InputError as error:
        note = f"This link could not be opened: {error}. You see the first example instead."
        text, origin, changes = example_text(FIRST_EXAMPLE), FIRST_EXAMPLE, ()
        workload = parse_workload(text, FIRST_EXAMPLE)
    outcome = planned(workload).outcome
    session = Session(text, workload, origin, outcome, None, changes=changes, note=note)
    session.segment = link.get("segment", "")
    session.model = link["model"] if link.get("model") in the_catalog().models else ""
    session.serving = {name: link[name] for name in SERVING_NAMES if name in link}
    session.measure = {name: link[name] for name in MEASURE_NAMES if name in link}
    return session


def _linked_text(link: Mapping[str, str]) -> tuple[str, str]:
    if "workload" in link:
        return unpack(link["workload"]), ""
    if "kept" in link:
        text = _kept_texts().get(link["kept"])
        if text is None:
            raise InputError("link", "kept", found=link["kept"], allowed="a workload this program still holds")
        return text, ""
    origin = link.get("example", FIRST_EXAMPLE)
    return example_text(origin), origin


def _plan_anew(session: Session) -> None:
    """Bring the answer up to date with the workload; nothing when it is."""
    key, facts = workload_hash(session.workload), facts_version()
    if (key, facts) != (session.planned_for, session.planned_on):
        session.outcome = planned(session.workload).outcome
        session.planned_for, session.planned_on = key, facts
    if isinstance(session.outcome, Plan):
        session.last_plan = session.outcome


def _write_link(session: Session) -> None:
    """Put workload, changes and selection into the address, so that it brings the same picture back."""
    wanted = {"set": write_changes(session.changes), "segment": session.segment, "model": session.model}
    wanted |= {"example": session.origin, "workload": "", "kept": ""}
    wanted |= {name: session.serving.get(name, "") for name in SERVING_NAMES}
    wanted |= {name: session.measure.get(name, "") for name in MEASURE_NAMES}
    if not session.origin:
        text = session.good_text
        packed = pack(text)
        if len(packed) <= LONGEST:
            wanted["workload"] = packed
        else:
            wanted["kept"] = _keep(text)
    for name, value in wanted.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]


def link_is_local(session: Session) -> bool:
    """Whether the workload is too long for an address, so that the link works with this program alone."""
    return not session.origin and len(pack(session.text)) > LONGEST


@st.cache_resource(show_spinner=False)
def _kept_texts() -> dict[str, str]:
    """Workloads too long for a link, by hash; held while the program runs."""
    return {}


def _keep(text: str) -> str:
    kept, key = _kept_texts(), workload_hash(parse_workload(text))
    if key not in kept and len(kept) >= _MOST_KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = text
    return key
