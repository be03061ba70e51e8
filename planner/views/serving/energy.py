"""The Serving page's electricity and carbon, and what runs on devices: laptops, Macs, cards, boards, phones."""

from html import escape
from typing import Final

import numpy as np
import streamlit as st

from planner.beliefs.serving.devices import DeviceSizing, device_serving
from planner.beliefs.serving.load_test import device_command
from planner.beliefs.serving.sizing import Precision
from planner.catalog.schema import Gpu
from planner.planning.plan import Figure
from planner.planning.self_hosting.answer import Answer
from planner.planning.wording import figure_of
from planner.report.format import number, requests
from planner.session import Session, the_catalog
from planner.session.serving.energy import PathEnergy, energy_of
from planner.units import Draws
from planner.views.parts.figures import figure_html
from planner.views.parts.tables import Row, draw_csv_button, draw_json_button, wide_table
from planner.views.serving.question import PRECISION_TEXTS, Asked

_DEVICE_KINDS: Final = ("laptop", "phone", "edge", "cpu", "consumer", "workstation")
_CARRIED: Final = {"laptop": "device.battery_wh.laptop", "phone": "device.battery_wh.phone"}
_JOULES_PER_WH: Final = 3600.0
_WH_PER_KWH: Final = 1000.0


def draw_energy(session: Session, found: Answer | str) -> None:
    """Watt hours and grams a request, kilowatt hours and kilograms a month, with their ranges."""
    if isinstance(found, str):
        return
    st.subheader("Electricity and carbon", anchor=False)
    count = found.case.demand.requests_per_month
    paths = energy_of(session.workload, found.case)
    body = "".join(_energy_row(path, count) for path in paths)
    st.html(
        wide_table(
            ("Path", "Wh a request", "kWh a month", "CO2e, g a request", "CO2e, kg a month", "How"),
            body,
        )
    )
    st.caption(
        f"At the planned {requests(count)} requests a month. The API's is a stated estimate: makers publish little."
    )
    rows = [_energy_data(path, count) for path in paths]
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(rows, "energy")
        draw_json_button(rows, "energy")


def _figures(path: PathEnergy, count: float) -> tuple[Figure, Figure, Figure, Figure]:
    def of(draws: Draws) -> Figure:
        return figure_of(draws, path.number_class)

    return (
        of(path.kwh / count * _WH_PER_KWH),
        of(path.kwh),
        of(path.carbon_kg / count * 1000.0),
        of(path.carbon_kg),
    )


def _energy_row(path: PathEnergy, count: float) -> str:
    cells = "".join(f"<td>{figure_html(figure, '')}</td>" for figure in _figures(path, count))
    return f'<tr><td>{escape(path.path)}</td>{cells}<td class="tp-dim">{escape(path.how)}</td></tr>'


def _energy_data(path: PathEnergy, count: float) -> Row:
    names = ("Wh a request", "kWh a month", "g CO2e a request", "kg CO2e a month")
    row: dict[str, str | float | int | bool | None] = {"path": path.path, "how": path.how, "class": path.number_class}
    for name, figure in zip(names, _figures(path, count), strict=True):
        row |= {name: figure.mean, f"{name}, low": figure.low, f"{name}, high": figure.high}
    return row


def draw_devices(asked: Asked) -> None:
    """Speed, electricity and battery of the model on what people carry or have on the desk; no price per request."""
    catalog = the_catalog()
    model = catalog.models[asked.model]
    segment = asked.segments[0]
    sized: list[tuple[Gpu, DeviceSizing]] = []
    too_small = 0
    for device in catalog.gpus.values():
        if device.kind not in _DEVICE_KINDS:
            continue
        found = _on_device(asked, device)
        if found is None:
            too_small += 1
        else:
            sized.append((device, found))
    st.subheader("On a device", anchor=False)
    if not sized:
        st.caption(f"No laptop, phone, board or card of the catalog holds {model.name}, even at 4 bits.")
        return
    sized.sort(key=lambda item: (_DEVICE_KINDS.index(item[0].kind), -float(item[1].tokens_per_s.mean())))
    rows = [_device_row(device, sizing) for device, sizing in sized]
    st.caption(
        f"{model.name} for {segment.name}, one request at a time as llama.cpp does: no price per request, only "
        f"electricity and battery. {too_small} devices are too small for it. The speeds are fitted on published "
        f"llama.cpp results ({catalog.priors['device.bandwidth_share.shared'].source.url.split(';')[0]} and others)."
    )
    st.dataframe(
        rows,
        hide_index=True,
        height=320,
        key="serving.devices",
        column_config={
            name: st.column_config.NumberColumn(format="%.3g")
            for name in ("Tokens/s", "low", "high", "First token p95, s", "Whole answer p95, s", "Wh a request")
        },
    )
    with st.container(horizontal=True, gap="small"):
        draw_csv_button(rows, "devices")
        draw_json_button(rows, "devices")
    st.code(device_command(sized[0][1], segment), language="bash", wrap_lines=True)


def _on_device(asked: Asked, device: Gpu) -> DeviceSizing | None:
    """The model at the most bits, of 8 and 4, that the device holds."""
    precisions: tuple[Precision, ...] = ("fp8", "int4")
    for precision in precisions:
        found = device_serving(the_catalog(), the_catalog().models[asked.model], device, precision, asked.segments[0])
        if not isinstance(found, str):
            return found
    return None


def _device_row(device: Gpu, sizing: DeviceSizing) -> Row:
    speed, energy = figure_of(sizing.tokens_per_s), sizing.joules_per_request / _JOULES_PER_WH
    carried = _CARRIED.get(device.kind)
    charge = None
    if carried is not None and np.isfinite(energy).all():
        charge = round(the_catalog().priors[carried].a / float(energy.mean()))
    return {
        "Device": device.name,
        "Weights": PRECISION_TEXTS[sizing.precision],
        "Tokens/s": speed.mean,
        "low": speed.low,
        "high": speed.high,
        "First token p95, s": float(sizing.ttft_p95_ms.mean()) / 1000.0,
        "Whole answer p95, s": float(sizing.total_p95_ms.mean()) / 1000.0,
        "Memory, GB": float(number(sizing.memory_gb)),
        "Wh a request": float(energy.mean()) if np.isfinite(energy).all() else None,
        "Requests a charge": charge,
    }
