"""Real requests as samples: counted on this machine, lengths drawn, skill guessed; nothing is sent anywhere."""

from html import escape
from typing import Final

import streamlit as st

from planner.errors import InputError
from planner.report.format import number, percent
from planner.session import Session, edit_values
from planner.views.parts.frame import draw_error
from planner.views.parts.tables import Row, draw_csv_button
from planner.workload.samples import Sample, SampleProfile, TokenProfile, parse_samples, profile_samples
from planner.workload.schema import Segment
from planner.workload.skill_guess import guess_skill
from planner.workload.tokens import TOKENIZERS
from planner.workload.yaml_text import decode_text

_UPLOAD: Final = "samples.upload"
_LARGEST: Final = 5_000_000


def draw_samples(session: Session, segment: Segment) -> None:
    """Upload or paste; histograms and the guess; buttons that take both into the segment."""
    st.caption("Everything is counted here, by the tokenizers that ship with this program; nothing leaves the machine.")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        upload = st.file_uploader("Samples (JSONL, one {prompt, reference} a line)", type=["jsonl", "txt"], key=_UPLOAD)
        pasted = st.text_area("Or paste prompts: JSONL, or one a line", key="samples.pasted", height=160)
        tokenizer = st.selectbox("Tokenizer", TOKENIZERS, key="samples.tokenizer")
    with right:
        try:
            text = decode_text(upload.getvalue(), upload.name, _LARGEST) if upload else pasted or ""
            samples = read_pasted(text)
        except InputError as error:
            draw_error(error)
            return
        if not samples:
            st.info("No samples yet. A hundred real requests are plenty.", icon=":material/upload_file:")
            return
        _draw_profile(session, segment, samples, profile_samples(samples, tokenizer))


def read_pasted(text: str) -> tuple[Sample, ...]:
    """Samples of a text: JSONL when it looks like it, else one prompt a line."""
    if text.lstrip().startswith("{"):
        return parse_samples(text)
    return tuple(Sample(line.strip(), None) for line in text.splitlines() if line.strip())


def _draw_profile(session: Session, segment: Segment, samples: tuple[Sample, ...], profile: SampleProfile) -> None:
    prompt = profile.prompt
    st.html(
        f"<p><b>{number(profile.samples)}</b> samples; prompts <b>{number(prompt.mean)}</b> tokens on average, 1 in 20 "
        f"above <b>{number(prompt.p95)}</b>; {number(profile.shared_prefix_tokens)} the same in all.</p>"
        + histogram(prompt, "Prompt tokens")
        + (histogram(profile.answer, "Answer tokens") if profile.answer else "")
    )
    rows: list[Row] = [{"sample": at, "prompt tokens": int(count)} for at, count in enumerate(prompt.counts, start=1)]
    draw_csv_button(rows, "samples")
    place = f"segments[{session.workload.segments.index(segment)}]"
    values: dict[str, object] = {f"{place}.input_tokens": profile.prompt.distribution.model_dump()}
    if profile.answer:
        values[f"{place}.output_tokens"] = profile.answer.distribution.model_dump()
    st.button(f"Use these lengths for {segment.name}", on_click=edit_values, args=(session, values), type="primary")
    guess = guess_skill(samples)
    if guess:
        words = guess.skill.replace("_", " ")
        st.html(
            f'<p>Looks like <b>{words}</b> <span class="tp-dim">({percent(guess.share)} of the samples; '
            f"{escape(guess.reason)})</span></p>"
        )
        if guess.skill != segment.skill:
            st.button(
                f"Take {words} as the skill", on_click=edit_values, args=(session, {f"{place}.skill": guess.skill})
            )


def histogram(profile: TokenProfile, title: str) -> str:
    """Bars of how many samples have how many tokens, as HTML."""
    most = max(int(profile.bin_counts.max()), 1)
    edges = profile.bin_edges
    bars = "".join(
        f'<i style="height:{100 * int(count) / most:.0f}%" '
        f'title="{edges[at]:.0f} to {edges[at + 1]:.0f} tokens: {count}"></i>'
        for at, count in enumerate(profile.bin_counts)
    )
    return (
        f'<div class="tp-hist" role="img" aria-label="{title}: histogram"><div>{bars}</div>'
        f"<p><span>{edges[0]:.0f}</span><span>{title}</span><span>{edges[-1]:,.0f}</span></p></div>"
    )
