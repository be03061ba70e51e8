"""The report as PDF, set by typst: no browser, fonts embedded, the same bytes for the same plan."""

from collections.abc import Sequence
from math import ceil
from typing import Final

import typst

from planner.report.document import (
    Block,
    Bullets,
    Cards,
    Contents,
    Document,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
    Text,
)
from planner.report.svg.plan import Ink
from planner.report.theme import SURFACES, TIER_COLOURS

_FONT: Final = "Libertinus Serif"
_INK: Final = Ink(SURFACES["light"], _FONT)
_PICTURE_PX: Final = 700
_LAST_CYRILLIC: Final = 0x052F
_LIGHT: Final = SURFACES["light"]
_KEPT_PT: Final = 440.0
"""A table no higher than this stands on one page; an A4 page has 700. A higher one breaks and repeats its head."""
_START_PT: Final = 200.0
"""Room that a higher one needs on the page where it starts."""
_LINE_LETTERS: Final = 112.0
"""Letters of 8.5 pt on a line as wide as the page."""
_LINE_PT: Final = 10.6
_ROW_PT: Final = 8.0
_STYLE: Final = f"""
#let muted(body) = text(fill: rgb("{_LIGHT.muted}"), body)
#let thin = 0.5pt + rgb("{_LIGHT.line}")
#set text(font: "{_FONT}", size: 10pt, fill: rgb("{_LIGHT.text}"), fallback: true)
#set par(leading: 0.62em, spacing: 0.9em)
#set list(spacing: 0.7em)
#show heading.where(level: 1): it => block(above: 2em, below: 0.9em, sticky: true, text(15pt, it.body))
#show heading.where(level: 2): it => block(above: 1.7em, below: 0.8em, sticky: true, text(12.5pt, it.body))
#show heading.where(level: 3): it => block(above: 1.3em, below: 0.7em, sticky: true, muted(text(10.5pt, it.body)))
#show table.cell: it => {{ show regex("[/:_@]"): sign => sign + sym.zws; it }}
#show table.cell.where(y: 0): set text(fill: rgb("{_LIGHT.muted}"))
#show outline.entry: set text(9pt)
#show outline.entry: set block(above: 0.55em)
#show link: underline.with(stroke: 0.4pt + rgb("{_LIGHT.muted}"), offset: 2pt)
"""


def pdf_of(document: Document) -> bytes:
    """Any report document as PDF."""
    source = typst_source(document)
    # The fonts that typst carries give the same bytes on every machine; they lack scripts beyond Latin, Greek and
    # Cyrillic, so a name written in another one brings the machine's own fonts in.
    foreign = any(letter.isalpha() and ord(letter) > _LAST_CYRILLIC for letter in source)
    fonts = typst.Fonts(include_system_fonts=foreign, include_embedded_fonts=True)
    made = typst.compile(source.encode(), format="pdf", font_paths=fonts)
    return bytes(made)


def typst_source(document: Document) -> str:
    """The document in typst's language; all text of others stands in string literals."""
    foot = f"{document.title} · {document.kicker}"
    page = f"""
#set document(title: {_quoted(document.title)}, date: none)
#set page(paper: "a4", margin: (x: 20mm, top: 20mm, bottom: 22mm), footer: context muted(text(8pt)[
  #{_quoted(foot)} #h(1fr) #counter(page).display("1 / 1", both: true)
]))
"""
    cover = f"""
#muted(upper(text(8pt, tracking: 0.8pt, {_quoted(document.kicker)})))
#v(-0.4em)
#text(22pt, weight: "bold", {_quoted(document.title)})

#text(13pt)[{_text(document.lead)}]
#v(0.4em)
{_facts(document.facts)}
"""
    return "\n".join([_STYLE, page, cover, *_blocks(document.blocks)])


def _blocks(blocks: Sequence[Block]) -> list[str]:
    """The blocks in order, headings and the note under them kept on the page of the table that they lead to."""
    out: list[str] = []
    leading: list[Block] = []
    for block in blocks:
        noted = any(isinstance(one, Paragraph) for one in leading)
        if isinstance(block, Heading) or (leading and isinstance(block, Paragraph) and not noted):
            leading.append(block)
            continue
        out.append(_together(leading, block))
        leading = []
    return [*out, *(_block(block) for block in leading)]


def _together(leading: Sequence[Block], last: Block) -> str:
    body = "\n".join(_block(block) for block in (*leading, last))
    if not leading or not isinstance(last, Table):
        return body
    if _height_pt(last) <= _KEPT_PT:
        return f"#block(breakable: false, above: 2em)[\n{body}\n]"
    # Room for the headings and the first rows, else a new page: an empty block as high, taken back at once.
    return f"#block(breakable: false, above: 0pt, below: 0pt, height: {_START_PT:g}pt)\n#v(-{_START_PT:g}pt)\n{body}"


def _block(block: Block) -> str:
    match block:
        case Heading():
            shown = f"#heading(level: {block.level}, {_quoted(block.text)})"
        case Paragraph():
            shown = _paragraph(block)
        case Bullets():
            shown = "#list(" + ", ".join(f"[{_text(item)}]" for item in block.items) + ")"
        case Facts():
            shown = _facts(block)
        case Table():
            shown = _table(block)
        case Picture():
            shown = _picture(block)
        case Cards():
            shown = _cards(block)
        case Contents():
            shown = "#block(breakable: false, width: 70%, above: 1.6em, outline(title: none, depth: 1))\n"
    return shown


def _paragraph(block: Paragraph) -> str:
    if block.role == "warning":
        colour = f'rgb("{_LIGHT.warning}")'
        return f"#block(width: 100%, inset: 7pt, stroke: (left: 2.5pt + {colour}))[{_text(block.text)}]"
    if block.role == "note":
        return f"#muted(text(8.5pt)[{_text(block.text)}])"
    return f"#par[{_text(block.text)}]"


def _facts(facts: Facts, size: str = "9.5pt") -> str:
    cells = "".join(f"[#muted({_quoted(name)})], [{_text(value)}], " for name, value in facts.rows)
    return f"#text({size}, grid(columns: (auto, 1fr), column-gutter: 1.2em, row-gutter: 0.6em, {cells}))"


def _table(table: Table) -> str:
    widths = ", ".join(f"{width:g}fr" for width in table.widths) or ", ".join(["auto"] * len(table.head))
    sides = ", ".join("right" if place in table.numeric else "left" for place in range(len(table.head)))
    head = "".join(f"[#{_quoted(name)}], " for name in table.head)
    rows = "".join("".join(f"[{_text(value)}], " for value in row) + "\n" for row in table.rows)
    whole = "false" if _height_pt(table) <= _KEPT_PT else "true"
    return (
        f"#block(breakable: {whole}, text(8.5pt, table(columns: ({widths}), align: ({sides}), "
        "stroke: (bottom: thin, rest: none), inset: (x: 3pt, y: 4pt), "
        f"table.header(repeat: true, {head}),\n{rows})))"
    )


def _height_pt(table: Table) -> float:
    """About how high a table stands: each row as high as its longest cell, letters set narrow rather than wide."""
    widths = table.widths or (1.0,) * len(table.head)
    letters = [max(_LINE_LETTERS * width / sum(widths), 4.0) for width in widths]
    lines = sum(
        max(ceil(sum(len(span.text) for span in cell) / room) for cell, room in zip(row, letters, strict=True))
        for row in table.rows
    )
    return _LINE_PT * lines + _ROW_PT * (len(table.rows) + 1)


def _picture(picture: Picture) -> str:
    drawn = _quoted(picture.draw(_INK, _PICTURE_PX))
    caption = _quoted(picture.caption)
    image = f'image(bytes({drawn}), format: "svg", width: 100%, alt: {caption})'
    return f"#block(breakable: false)[#muted(text(8.5pt, {caption}))\n#{image}]"


def _cards(cards: Cards) -> str:
    shown = "".join(
        f'block(width: 100%, breakable: false, inset: 8pt, stroke: (top: 2.5pt + rgb("{TIER_COLOURS[card.tier]}"), '
        f"rest: thin))[#muted(text(7.5pt, upper({_quoted(card.tier)}))) \\ "
        f"#strong({_quoted(card.title)})\n{_facts(card.facts, '8.5pt')}],\n"
        for card in cards.cards
    )
    return f"#grid(columns: (1fr, 1fr), gutter: 9pt, {shown})"


def _text(text: Text) -> str:
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    text = _quoted(span.text)
    match span.kind:
        case "strong":
            shown = f"#strong({text})"
        case "muted":
            shown = f"#muted({text})"
        case "mark":
            shown = f'#muted(text(font: "DejaVu Sans Mono", size: 0.9em, {text}))'
        case "anchor":
            shown = f"#text({text}) <{span.detail}>"
        case "link" if span.detail.startswith("#"):
            shown = f"#link(<{span.detail[1:]}>, {text})"
        case "link":
            shown = f"#link({_quoted(span.detail)}, {text})"
        case _:
            shown = f"#{text}"
    return shown


def _quoted(text: str) -> str:
    """A typst string literal: nothing in it is markup."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return f'"{escaped}"'
