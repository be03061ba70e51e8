"""A workload from nothing: three questions (what, how many, how long), or a sentence in plain words. Offline rules."""

import re
from dataclasses import dataclass
from typing import Any, Final

from planner.terms import Area, Skill
from planner.workload.samples import Sample
from planner.workload.skill_guess import guess_skill

DAYS_PER_MONTH: Final = 365.25 / 12.0
WORKING_DAYS_PER_MONTH: Final = 21.0


@dataclass(frozen=True, slots=True)
class Length:
    """A length that people have a word for."""

    words: str
    tokens: float


LENGTHS: Final = (
    Length("a label or a number", 8.0),
    Length("a sentence or two", 60.0),
    Length("a paragraph", 200.0),
    Length("a page", 600.0),
    Length("several pages", 3_000.0),
    Length("a long document", 20_000.0),
)
"""A page of English prose is about 600 tokens."""


@dataclass(frozen=True, slots=True)
class SkillWords:
    """A skill in words that people use, with the lengths that its requests usually have."""

    skill: Skill
    words: str
    prompt: Length
    answer: Length


_LABEL, _SENTENCE, _PARAGRAPH, _PAGE, _PAGES, _LONG = LENGTHS
SKILL_WORDS: Final[tuple[SkillWords, ...]] = (
    SkillWords("classification", "sort or label texts", _PARAGRAPH, _LABEL),
    SkillWords("extraction", "read fields out of documents", _PAGES, _PARAGRAPH),
    SkillWords("summarization", "summarise", _PAGES, _PARAGRAPH),
    SkillWords("grounded_qa", "answer from our documents", _PAGES, _PARAGRAPH),
    SkillWords("knowledge_qa", "answer general questions", _SENTENCE, _PARAGRAPH),
    SkillWords("chat", "hold a conversation", _PAGES, _PARAGRAPH),
    SkillWords("writing", "write or draft texts", _PAGE, _PAGE),
    SkillWords("translation", "translate", _PAGE, _PAGE),
    SkillWords("coding", "write or change code", _PAGES, _PAGE),
    SkillWords("reasoning", "think through hard problems", _PAGE, _PAGE),
    SkillWords("math", "calculate", _PARAGRAPH, _PAGE),
    SkillWords("instruction_following", "follow detailed instructions", _PAGE, _PAGE),
    SkillWords("agentic", "act with tools, step by step", _PAGES, _PARAGRAPH),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request as the three questions give it."""

    name: str
    skill: Skill
    requests_per_month: float
    input_tokens: float
    output_tokens: float


def words_of(skill: Skill) -> SkillWords:
    """A skill in people's words."""
    return next(words for words in SKILL_WORDS if words.skill == skill)


def segment_of(kind: Kind) -> dict[str, Any]:
    """The smallest useful segment; everything else has defaults that the plan shows as assumptions."""
    return {
        "name": kind.name,
        "skill": kind.skill,
        "requests_per_month": kind.requests_per_month,
        "input_tokens": {"mean": kind.input_tokens},
        "output_tokens": {"mean": kind.output_tokens},
    }


def new_workload(name: str, kind: Kind) -> dict[str, Any]:
    """A workload of one kind of request, as plain data."""
    return {"version": 1, "name": name, "segments": [segment_of(kind)]}


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that a description said, for acceptance."""

    field: str
    value: str
    said: str
    """The words that say it; '' for what is assumed for want of any."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A workload that a description may mean, and what each part of it rests on."""

    data: dict[str, Any]
    heard: tuple[Heard, ...]


_NUMBER: Final = r"(\d[\d,.  ']*(?:\s?(?:k|m|thousand|million|tausend|mio))?)"
_SCALES: Final = {"k": 1e3, "thousand": 1e3, "tausend": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6}
_PERIODS: Final[tuple[tuple[str, float], ...]] = (
    (r"(?:a|an|per|each|every|/)\s*second", 86_400.0 * DAYS_PER_MONTH),
    (r"(?:a|an|per|each|every|/)\s*minute", 1_440.0 * DAYS_PER_MONTH),
    (r"(?:a|an|per|each|every|/)\s*hour|hourly", 24.0 * DAYS_PER_MONTH),
    (r"(?:a|per|each|every|/)\s*(?:working|business)\s*day", WORKING_DAYS_PER_MONTH),
    (r"(?:a|per|each|every|/)\s*day|daily", DAYS_PER_MONTH),
    (r"(?:a|per|each|every|/)\s*week|weekly", DAYS_PER_MONTH / 7.0),
    (r"(?:a|per|each|every|/)\s*month|monthly", 1.0),
    (r"(?:a|per|each|every|/)\s*year|yearly|annually", 1.0 / 12.0),
)
_COUNT: Final = re.compile(
    rf"{_NUMBER}\s+([\w-]+(?:\s[\w-]+){{0,3}}?)\s*(?:" + "|".join(period for period, _ in _PERIODS) + ")",
    re.IGNORECASE,
)
_AREAS: Final[tuple[tuple[str, Area], ...]] = (
    (r"\bEU\b|\beurope|\bgdpr\b|\bdsgvo\b", "eu"),
    (r"\bUS\b(?!D)|\bU\.S\.|\bunited states\b", "us"),
    (r"\bUK\b|\bunited kingdom\b|\bbritain\b", "uk"),
    (r"\bswiss|\bswitzerland\b", "ch"),
)
_HOME: Final = r"\bon[- ]?prem|\bour own (?:machines|servers|hardware)\b|\bmay not leave\b|\bair[- ]?gapped\b"
_PERSONAL: Final = r"\bpersonal data\b|\bcustomer data\b|\bpatients?\b|\bgdpr\b|\bhealth records?\b"
_CONFIDENTIAL: Final = r"\bconfidential\b|\bsecret\b|\bcontracts?\b|\blegal\b"
_DOCUMENTS: Final = (
    r"\b(?:from|in|against|over)\s+(?:our|the|its)\s+"
    r"[\w -]{0,40}?(?:handbook|manual|document|docs|wiki|policies|knowledge base|faq)s?\b"
)
_LONGEST: Final = 2_000
"""Characters of a description that are read."""
_CORPUS_TOKENS: Final = 2e6
_WORDS: Final[tuple[tuple[str, Skill], ...]] = (
    (r"\banswers? (?:from|in|over|out of)\b|\bhandbook\b|\bknowledge base\b|\bfaq\b", "grounded_qa"),
    (r"\btriage|\broute\b|\bclassif|\blabel|\bcategor|\bmoderat", "classification"),
    (r"\bextract|\binvoices?\b|\bforms?\b|\breceipts?\b|\bfields?\b", "extraction"),
    (r"\bsummar", "summarization"),
    (r"\btranslat", "translation"),
    (r"\bcod(?:e|ing)\b|\bdevelopers?\b|\bpull requests?\b", "coding"),
    (r"\bagents? that\b|\btools?\b|\bbook(?:s|ing)? (?:meetings|flights)\b|\bautomat", "agentic"),
    (r"\bdraft|\bwrit(?:e|ing)\b|\be-?mails?\b|\bletters?\b", "writing"),
    (r"\bchat|\bconversation|\bassistant\b|\bbot\b", "chat"),
    (r"\bquestions?\b|\btickets?\b", "knowledge_qa"),
)


def hear(text: str) -> Proposal | None:
    """What a description in plain words may mean; None when it names no volume that can be read.

    Rules alone: numbers with a period ('20,000 tickets a day'), words for a skill, places, premises and documents. What
    is not said is assumed and listed so; nothing is taken before a person accepts it.

    >>> hear("200 agents, 20,000 tickets a day, answers from our handbook, EU only").data["segments"][0]["skill"]
    'grounded_qa'
    """
    text = text[:_LONGEST]
    counted = _COUNT.search(text)
    if counted is None:
        return None
    per_month = _read_number(counted.group(1)) * _times_a_month(counted.group(0))
    if not 0.0 < per_month < 1e15:
        return None
    skill, why = _skill_in(text)
    words = words_of(skill)
    noun = re.sub(r"[^\w-]+", "-", counted.group(2).strip().lower())[:60]
    kind = Kind(noun or skill, skill, round(per_month), words.prompt.tokens, words.answer.tokens)
    data = new_workload(noun.replace("-", " ").capitalize() or "New workload", kind)
    heard = [
        Heard("requests_per_month", f"{round(per_month):,}", counted.group(0).strip()),
        Heard("skill", skill, why),
        Heard("input_tokens", f"{words.prompt.tokens:g}, {words.prompt.words}", ""),
        Heard("output_tokens", f"{words.answer.tokens:g}, {words.answer.words}", ""),
    ]
    heard += _data_rules(text, data["segments"][0])
    heard += _documents(text, data["segments"][0], skill)
    return Proposal(data, tuple(heard))


def _read_number(text: str) -> float:
    match = re.match(r"([\d,.  ']*\d)\s*([a-z]*)", text.strip().lower())
    if match is None:
        return 0.0
    digits, scale = match.groups()
    digits = re.sub(r"[  ']", "", digits)
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        digits = re.sub(r"[.,]", "", digits)
    number = digits.replace(",", ".")
    return float(number) * _SCALES.get(scale, 1.0) if number.count(".") <= 1 else 0.0


def _times_a_month(said: str) -> float:
    return next(times for period, times in _PERIODS if re.search(period, said, re.IGNORECASE))


def _skill_in(text: str) -> tuple[Skill, str]:
    for pattern, skill in _WORDS:
        if found := re.search(pattern, text, re.IGNORECASE):
            return skill, found.group(0)
    guess = guess_skill((Sample(prompt=text, reference=None),))
    return (guess.skill, guess.reason) if guess is not None else ("chat", "")


def _data_rules(text: str, segment: dict[str, Any]) -> list[Heard]:
    rules: dict[str, Any] = {}
    heard: list[Heard] = []
    areas = [(area, found.group(0)) for pattern, area in _AREAS if (found := re.search(pattern, text, _case(pattern)))]
    if areas:
        rules["residency"] = [area for area, _ in areas]
        heard.append(Heard("data.residency", ", ".join(rules["residency"]), ", ".join(said for _, said in areas)))
    if home := re.search(_HOME, text, re.IGNORECASE):
        rules["may_leave_premises"] = False
        heard.append(Heard("data.may_leave_premises", "false", home.group(0)))
    for pattern, level in ((_CONFIDENTIAL, "confidential"), (_PERSONAL, "personal")):
        if found := re.search(pattern, text, re.IGNORECASE):
            rules["sensitivity"] = level
            heard.append(Heard("data.sensitivity", level, found.group(0)))
            break
    if rules:
        segment["data"] = rules
    return heard


def _case(pattern: str) -> re.RegexFlag:
    """'us' is a word; only 'US' is a place."""
    return re.NOFLAG if r"\bUS\b" in pattern else re.IGNORECASE


def _documents(text: str, segment: dict[str, Any], skill: Skill) -> list[Heard]:
    found = re.search(_DOCUMENTS, text, re.IGNORECASE)
    if found is None and skill != "grounded_qa":
        return []
    segment["knowledge"] = {"private_or_fresh_share": 0.9, "corpus_tokens": _CORPUS_TOKENS}
    said = found.group(0) if found else ""
    return [Heard("knowledge", f"90 % of requests need it; {_CORPUS_TOKENS:,.0f} tokens of documents", said)]
