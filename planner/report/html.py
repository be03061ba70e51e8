"""The report as one HTML file: styles and pictures inside, no script, nothing fetched; follows the reader's theme."""

import html
from typing import Final

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
from planner.report.svg.plan import NARROW, WIDE, Ink
from planner.report.theme import FONTS, SURFACES, TIER_COLOURS, Surface

_FIELDS: Final = ("background", "raised", "text", "muted", "line", "neutral", "warning")
_INK: Final = Ink(Surface(*(f"var(--{name})" for name in _FIELDS)), "inherit")
_STYLE: Final = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--background);color:var(--text);font:16px/1.55 var(--fonts)}
main{max-width:860px;margin:0 auto;padding:40px 20px 80px}
.kicker{text-transform:uppercase;letter-spacing:.08em;font-size:.78rem;color:var(--muted);margin:0}
h1{font-size:2rem;line-height:1.2;margin:.2em 0 .6em;overflow-wrap:anywhere}
h2{font-size:1.4rem;margin:2.4em 0 .6em;padding-top:.6em;border-top:1px solid var(--line)}
h3{font-size:1.12rem;margin:2em 0 .4em}
h4{font-size:.95rem;margin:1.5em 0 .4em;color:var(--muted)}
p{margin:.6em 0;max-width:70ch}
.lead{font-size:1.25rem;line-height:1.45;max-width:none}
.note,.muted{color:var(--muted)}
.note{font-size:.85rem;max-width:none}
.warning{border-left:4px solid var(--warning);background:var(--raised);padding:.6em .9em;max-width:none}
.mark{color:var(--muted);cursor:help}
a{color:inherit;text-decoration-color:var(--muted);text-underline-offset:2px;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:minmax(9em,15em) 1fr;gap:.25em 1.2em;margin:.8em 0;font-size:.93rem}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
ul{padding-left:1.2em}
li{margin:.35em 0}
nav ol{columns:2;padding-left:1.4em;font-size:.9rem;color:var(--muted)}nav li{margin:.1em 0}
.scroll{overflow-x:auto;margin:1em 0}
table{border-collapse:collapse;width:100%;font-size:.87rem;line-height:1.4;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.45em .7em .45em 0;border-bottom:1px solid var(--line)}
th{color:var(--muted);font-weight:600}
td{overflow-wrap:anywhere;min-width:4.5em}
.num{text-align:right;white-space:nowrap}
figure{margin:1.4em 0}
figcaption{font-size:.85rem;color:var(--muted);margin-bottom:.5em}
svg{display:block;width:100%;height:auto;overflow:visible}
.narrow{display:none}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:14px;margin:1.2em 0}
.card{background:var(--raised);border-top:4px solid;border-radius:4px;padding:12px 16px}
.card h3{margin:.1em 0;padding:0;font-size:1.05rem}
.card dl{grid-template-columns:8.2em 1fr;font-size:.87rem;margin:.6em 0 0}
.tier{font-size:.78rem;text-transform:uppercase;letter-spacing:.06em;color:var(--muted);margin:0}
@media(max-width:620px){
main{padding:24px 14px 60px}
h1{font-size:1.55rem}.lead{font-size:1.1rem}
.wide{display:none}.narrow{display:block}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5em}
.card dl{grid-template-columns:7.4em 1fr;gap:.25em .8em}.card dd{margin:0}
.cards{grid-template-columns:1fr}
.num{white-space:normal;text-align:left}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody,tr{display:block}tr{padding:.5em 0;border-bottom:1px solid var(--line)}
td{display:flow-root;border:0;padding:.1em 0 .1em 38%}
td::before{content:attr(data-name);float:left;width:58%;margin-left:-61.3%;color:var(--muted);font-weight:400}
td:empty{display:none}
td:first-child{padding-left:0;font-weight:600}td:first-child::before{content:none}
}
@media print{
body{font-size:10.5pt}main{max-width:none;padding:0}
h2,h3,h4{break-after:avoid}
.card,figure,tr,.warning{break-inside:avoid}
a{text-decoration:none}.scroll{overflow:visible}.wide{display:block}.narrow{display:none}
@page{margin:18mm 16mm}
}
"""


def html_of(document: Document) -> str:
    """Any report document as one self-contained HTML file."""
    title = _escape(document.title)
    body = "\n".join(_sections(document) if isinstance(block, Contents) else _block(block) for block in document.blocks)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}: toolbox plan</title>
<style>{_variables()}{_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kicker">{_escape(document.kicker)}</p>
<h1>{title}</h1>
<p class="lead">{_text(document.lead)}</p>
{_facts(document.facts)}
</header>
{body}
</main>
</body>
</html>
"""


def _sections(document: Document) -> str:
    """Links to the sections."""
    heads = [block for block in document.blocks if isinstance(block, Heading) and block.level == 1]
    links = "".join(f'<li><a href="#{head.anchor}">{_escape(head.text)}</a></li>' for head in heads)
    return f'<nav aria-label="Contents"><ol>{links}</ol></nav>\n'


def _variables() -> str:
    def root(surface: Surface) -> str:
        return ":root{" + "".join(f"--{name}:{getattr(surface, name)};" for name in _FIELDS) + f"--fonts:{FONTS}" + "}"

    dark = f"@media screen and (prefers-color-scheme:dark){{{root(SURFACES['dark'])}}}"
    return f"\n{root(SURFACES['light'])}\n{dark}"


def _block(block: Block) -> str:
    match block:
        case Heading():
            level = block.level + 1
            shown = f'<h{level} id="{block.anchor}">{_escape(block.text)}</h{level}>'
        case Paragraph():
            role = "" if block.role == "body" else f' class="{block.role}"'
            shown = f"<p{role}>{_text(block.text)}</p>"
        case Bullets():
            shown = "<ul>\n" + "\n".join(f"<li>{_text(item)}</li>" for item in block.items) + "\n</ul>"
        case Facts():
            shown = _facts(block)
        case Table():
            shown = _table(block)
        case Picture():
            shown = _picture(block)
        case Cards():
            shown = _cards(block)
        case Contents():
            shown = ""
    return shown


def _facts(facts: Facts) -> str:
    rows = "\n".join(f"<dt>{_escape(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts.rows)
    return f"<dl>\n{rows}\n</dl>"


def _table(table: Table) -> str:
    def cell(tag: str, place: int, content: str) -> str:
        kind = ' class="num"' if place in table.numeric else ""
        name = f' data-name="{_escape(table.head[place])}"' if tag == "td" else ""
        return f"<{tag}{kind}{name}>{content}</{tag}>"

    head = "".join(cell("th", place, _escape(name)) for place, name in enumerate(table.head))
    rows = "\n".join(
        "<tr>"
        + "".join(
            cell("td", place, _kept(_text(value)) if place in table.numeric else _text(value))
            for place, value in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    body = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>"
    return f'<div class="scroll" tabindex="0"><table>\n{body}</table></div>'


def _kept(amount: str) -> str:
    """An amount that never parts from its unit."""
    return amount.replace(" USD", "\u00a0USD").replace(" %", "\u00a0%")


def _picture(picture: Picture) -> str:
    wide, narrow = picture.draw(_INK, WIDE), picture.draw(_INK, NARROW)
    return (
        f"<figure>\n<figcaption>{_escape(picture.caption)}</figcaption>\n"
        f'<div class="wide">{wide}</div>\n<div class="narrow">{narrow}</div>\n</figure>'
    )


def _cards(cards: Cards) -> str:
    shown = "\n".join(
        f'<div class="card" style="border-color:{TIER_COLOURS[card.tier]}">\n<p class="tier">{card.tier}</p>\n'
        f"<h3>{_escape(card.title)}</h3>\n{_facts(card.facts)}\n</div>"
        for card in cards.cards
    )
    return f'<div class="cards">\n{shown}\n</div>'


def _text(text: Text) -> str:
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    text = _escape(span.text)
    match span.kind:
        case "strong":
            return f"<strong>{text}</strong>"
        case "muted":
            return f'<span class="muted">{text}</span>'
        case "mark":
            return f'<span class="mark" title="{_escape(span.detail)}">{text}</span>'
        case "link":
            return f'<a href="{_escape(span.detail)}">{text}</a>'
        case "anchor":
            return f'<span id="{_escape(span.detail)}">{text}</span>'
        case _:
            return text


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
