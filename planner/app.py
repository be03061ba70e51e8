"""The dashboard's door: `run_app` serves it on this machine alone; under Streamlit the file draws the page."""

import logging
import socket
from typing import Final

from planner.errors import InputError, PlannerError
from planner.resources import pages_dir

DEFAULT_PORT: Final = 8501
ADDRESS: Final = "127.0.0.1"
DOOR: Final = "planner app"
PAGES: Final = (
    ("toolbox.py", "Toolbox", ":material/home_repair_service:"),
    ("workload.py", "Workload", ":material/description:"),
    ("traffic.py", "Traffic", ":material/receipt_long:"),
    ("what_if.py", "What-if", ":material/tune:"),
    ("models.py", "Models", ":material/scatter_plot:"),
    ("measure.py", "Measure", ":material/science:"),
    ("serving.py", "Serving", ":material/dns:"),
    ("evidence.py", "Evidence", ":material/fact_check:"),
    ("report.py", "Report", ":material/article:"),
)
OPENED_FROM_PAGES: Final = (("label.py", "Label", ":material/rate_review:"),)
"""Pages that have no place of their own in the navigation."""
# .streamlit/config.toml says the same for those who start Streamlit themselves.
SETTINGS: Final[dict[str, str | bool | int | list[str]]] = {
    "server.address": ADDRESS,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 5,
    # Another name for this machine in the Host header is a stranger's page that was re-bound to it (DNS rebinding).
    "server.allowedHosts": ["127.0.0.1", "localhost"],
    "client.showErrorLinks": "false",
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "theme.font": "sans-serif",
    "theme.baseFontSize": 15,
    "theme.baseRadius": "0.5rem",
    "theme.paddingTop": "1.25rem",
    "theme.paddingBottom": "3rem",
    "theme.showWidgetBorder": True,
    "theme.light.primaryColor": "#1F5FA8",
    "theme.light.backgroundColor": "#FFFFFF",
    "theme.light.secondaryBackgroundColor": "#F6F7F9",
    "theme.light.textColor": "#1B1F24",
    "theme.light.borderColor": "#D9DEE4",
    "theme.dark.primaryColor": "#7DB3EE",
    "theme.dark.backgroundColor": "#0E1117",
    "theme.dark.secondaryBackgroundColor": "#181D26",
    "theme.dark.textColor": "#E8EBEF",
    "theme.dark.borderColor": "#2E3641",
}


_FAULT: Final = (
    "This page met a fault of ours ({kind}). The last good plan is kept: open another page, take the latest change "
    "back, or reload. The terminal that runs the dashboard shows where it was."
)
_log = logging.getLogger(__name__)


def run_app(port: int = DEFAULT_PORT) -> int:
    """Serve the dashboard on 127.0.0.1 until it is stopped; the exit code. InputError when the port is taken."""
    from streamlit.web import bootstrap  # noqa: PLC0415 - a second's import, wanted by this command alone

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except (OSError, OverflowError) as error:
            raise InputError(DOOR, "--port", found=port, allowed="a port that is free") from error
    flags = {name.replace(".", "_"): value for name, value in {**SETTINGS, "server.port": port}.items()}
    bootstrap.load_config_options(flag_options=flags)
    bootstrap.run(__file__, is_hello=False, args=[], flag_options=flags)
    return 0


def show() -> None:
    """Draw the frame of all pages and the page asked for."""
    import streamlit as st  # noqa: PLC0415 - the command line must not wait for it

    from planner.views.parts.frame import draw_error, draw_frame  # noqa: PLC0415 - as above

    st.set_page_config(page_title="Toolbox Planner", page_icon="🧰", layout="wide")
    pages = [
        st.Page(pages_dir() / file, title=title, icon=icon, default=number == 0)
        for number, (file, title, icon) in enumerate(PAGES)
    ]
    pages += [
        st.Page(pages_dir() / file, title=title, icon=icon, visibility="hidden")
        for file, title, icon in OPENED_FROM_PAGES
    ]
    page = st.navigation(pages, position="top")
    try:
        draw_frame()
        page.run()
    except PlannerError as error:  # a database that does not answer, say: every page needs it
        draw_error(error)
    except Exception as error:  # noqa: BLE001 (told in place, never as a red box with links elsewhere)
        _log.exception("a page ended with %s", type(error).__name__)
        draw_error(PlannerError(_FAULT.format(kind=type(error).__name__)))


if __name__ == "__main__":
    show()
