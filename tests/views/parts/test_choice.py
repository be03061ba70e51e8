"""The one box to choose: what stands in the address is shown, kept and given up where it is not on offer."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from planner import views


def page() -> None:
    import streamlit as st

    from planner.session import current_session
    from planner.views.parts.choice import choose

    session = current_session()
    if "first" not in st.session_state:
        st.session_state["first"] = True
        session.serving["gpu"] = "b"
        session.measure["suite"] = "gone"
    one = choose(session, "serving.gpu", "GPU", ["a", "b"], "a", str.upper, width=200)
    two = choose(session, "measure.suite", "Suite", ["x", "y"], "y", str.upper)
    st.text(f"{one} {two} {session.serving} {session.measure}")


def run() -> AppTest:
    at = AppTest.from_function(page, default_timeout=120).run()
    assert not at.exception, at.exception
    return at


def test_what_the_address_says_is_shown_and_what_is_not_on_offer_gives_way() -> None:
    assert run().text[0].value.startswith("b y ")


def test_a_choice_is_kept_for_its_own_page_alone() -> None:
    at = run()
    at.selectbox(key="serving.gpu").select("a").run()
    at.selectbox(key="measure.suite").select("x").run()
    assert at.text[0].value == "a x {'gpu': 'a'} {'suite': 'x'}"


def test_the_box_is_written_in_one_view_alone() -> None:
    folder = Path(views.__file__).parent
    found = [
        path.name for path in folder.rglob("*.py") if re.search(r"filter_mode=None if len\(options\)", path.read_text())
    ]
    assert found == ["choice.py"]
