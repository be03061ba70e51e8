"""The process that compares mathematics: a pair of texts a line in, '1' or '0' a line out. See `compare`."""

import json
import logging
import re
import sys
from typing import Final

from math_verify import LatexExtractionConfig, parse, verify

_READS: Final = (LatexExtractionConfig(boxed_match_priority=0),)
"""LaTeX alone: its reader is a grammar. math-verify's other reader hands the text to Python's own evaluation."""
_LONGEST_S: Final = 4
_ALREADY: Final = re.compile(r"\$|\\boxed|\\\(|\\\[")
_LEAD: Final = re.compile(
    r"(?i)^.*?(?:answer|result|lösung|antwort|réponse|respuesta|答案)\s*(?:is|ist|est|es|是)?\s*[:：]?\s*"
)


def main() -> None:
    """Answer until the pipe closes."""
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        try:
            answer, reference = json.loads(line)
            equal = _equal(str(answer), str(reference))
        except Exception:  # noqa: BLE001 (whatever the text does to the reader, the pair is not shown equal)
            equal = False
        sys.stdout.write("1\n" if equal else "0\n")
        sys.stdout.flush()


def _equal(answer: str, reference: str) -> bool:
    wanted = parse(_as_latex(reference), _READS, parsing_timeout=_LONGEST_S)
    given = parse(_as_latex(_last_line(answer)), _READS, parsing_timeout=_LONGEST_S)
    return bool(wanted and given) and bool(verify(wanted, given, timeout_seconds=_LONGEST_S))


def _last_line(text: str) -> str:
    """The answer itself where LaTeX marks its mathematics, else its last line without 'The answer is'."""
    if _ALREADY.search(text):
        return text
    lines = [line for line in text.splitlines() if line.strip()]
    return _LEAD.sub("", lines[-1]).strip().rstrip(".") if lines else ""


def _as_latex(text: str) -> str:
    text = text.strip()
    plain = text.replace("√", "\\sqrt ").replace("π", "\\pi ").replace("²", "^2").replace("³", "^3")
    return text if _ALREADY.search(text) else f"${plain}$"


if __name__ == "__main__":
    main()
