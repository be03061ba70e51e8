"""Which part of an answer is the answer: what stands after the last 'the answer is', in many languages."""

import re
from typing import Final

_NOUNS: Final = (
    r"answers?|antwort|lösung|ergebnis|réponse|résultat|respuesta|resultado|solución|resposta|solução|risposta|risultato"
    r"|antwoord|svaret|svar|odpowiedź|wynik|odpověď|răspunsul|cevap|sonuç|jawabannya|jawaban|đáp án|ответ|відповідь"
    r"|απάντηση|उत्तर|जवाब|उत्तर|উত্তর|الجواب|الإجابة|پاسخ|התשובה|คำตอบ|答案|答え|回答|解答|正解|答|정답|답"
)
_COPULA: Final = (
    r"(?:is|are|was|would be|ist|lautet|beträgt|est(?: de)?|es(?: de)?(?: la| el)?|é(?: de)?(?: a| o)?|è(?: la| il)?|är"
    r"|er|to|wynosi|je|este|adalah|là|είναι|है|হল|হলো|هو|هي)(?![^\W\d_])|คือ|เป็น|是|为|為|は|이|은|는|가"
)
_MARK: Final = re.compile(
    r"(?:(?<![^\W_])(?:(?:final|correct|best|my|endgültige|richtige|finale?|la|die|правильный) |最终|正确)*"
    rf"(?:{_NOUNS})(?: (?:correcta|correcte|correto|correta|certa|corretta|finale?))?)"
    rf"(?:\s*\([^()\n]{{1,40}}\))?[*_]*(?:\s*(?:{_COPULA})|\s*[:=：])+[*_\s:]*"
    rf"|####\s*|\\boxed\s*(?={{)|\\fbox\s*(?={{)",
    re.IGNORECASE,
)
_NEGATED: Final = re.compile(r"\s*(?:n't|not|nicht|no|pas|non|não|niet|не|不是|ではない|아니)(?![\w])", re.IGNORECASE)
_ASIDE: Final = re.compile(
    r"^[^\w\n]*(?:confidence|certainty|sources?|note|konfidenz|confiance|confianza)\b.*$", re.IGNORECASE | re.MULTILINE
)


def marked(text: str) -> str | None:
    """What follows the last mark of a final answer, up to the end of its line; None without a mark."""
    found = [mark for mark in _MARK.finditer(text) if not _NEGATED.match(text, mark.end())]
    if not found:
        return None
    mark = found[-1]
    if mark[0].startswith(("\\boxed", "\\fbox")):
        return _braced(text, mark.end())
    rest = text[mark.end() :]
    line, _, below = rest.lstrip().partition("\n")
    return line if line.strip() else below.strip().partition("\n")[0]


def without_asides(text: str) -> str:
    """The text without lines that tell of confidence, sources or notes; itself when nothing else is there."""
    return _ASIDE.sub("", text).strip() or text


def _braced(text: str, start: int) -> str:
    """What stands inside the braces that open at `start`; to the end when they never close."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + 1 : place]
    return text[start + 1 :]
