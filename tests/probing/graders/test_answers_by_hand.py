"""Answers graded by hand, in twelve languages: (answer, reference, right). Each row is of our own wording."""

from typing import Any

import pytest

from planner.probing.graders import grader_of
from planner.probing.suites.suite import GraderKind, GraderSpec, Item

Row = tuple[str, Any, bool]

NUMBERS: list[Row] = [
    # English: which number is the answer
    ("The bakery sold 48 loaves and 24 rolls, 72 in all.", "72", True),
    ("First I get 12. Adding 5 gives 17.\n\nThe answer is 17.", "17", True),
    ("The answer is 17 because 12 + 5 = 17 and not 18.", "17", True),
    ("Answer: 40. No, wait: I forgot two. Answer: 42", "42", True),
    ("The answer is not 40 but 42.", "42", True),
    ("Final answer: 12 + 5 = 17", "17", True),
    ("So the total is 6*7 = 42 apples in 3 baskets", "42", True),
    ("It takes **18 minutes** for 3 stops.", "18", True),
    ("She pays $12 (4 coins of 3).", "12", True),
    ("The result is 4 ± 0.1 m", "4", True),
    ("The answer is 41.", "42", False),
    ("About 9.81 m/s^2", "9.81", True),
    ("#### 1,250", "1250", True),
    ("Total = 1250 kg\nConfidence: 95%", "1250", True),
    ("**Answer:** 7", "7", True),
    ("The correct answer is: **7**.", "7", True),
    ("The answer is 42", "420", False),
    ("I don't know.", "3", False),
    # fractions, powers, LaTeX
    ("\\boxed{\\frac{5}{8}}", "0.625", True),
    ("\\boxed{-\\tfrac{7}{4}}", "-1.75", True),
    ("It is $\\dfrac{9}{2}$", "4.5", True),
    ("\\boxed{2\\frac{1}{4}}", "2.25", True),
    ("The answer is 2 3/4.", "2.75", True),
    ("The answer is 5 ½ litres", "5.5", True),
    ("⅔ of it", "2/3", True),
    ("The answer is 2^10.", "1024", True),
    ("The answer is 2^{10}.", "1024", True),
    ("There are 10⁶ of them", "1000000", True),
    ("$6.02 \\times 10^{23}$", "6.02e23", True),
    ("1.6·10⁻¹⁹ C", "1.6e-19", True),
    ("3*10**4", "30000", True),
    ("\\boxed{12{,}500}", "12500", True),
    ("\\boxed{12\\,500}", "12500", True),
    ("$\\boxed{35^\\circ}$", "35", True),
    ("\\boxed{\\$18.50}", "18.5", True),
    ("\\boxed{64\\text{ cm}^2}", "64", True),
    ("The volume is 27 m³.", "27", True),
    ("The area is 12.5 m2", "12.5", True),
    ("\\boxed{\\frac{1}{3}}", "0.5", False),
    ("\\boxed{\\frac{\\sqrt{3}}{2}}", "\\sqrt{3}/2", True),
    ("\\boxed{2\\pi}", "2\\pi", True),
    ("The answer is $x^2 + 2x + 1$.", "(x+1)^2", True),
    ("\\boxed{3\\pi}", "2\\pi", False),
    ("x=5 or x=-3; the positive one is 5", "5", True),
    ("The probability is 1/6 ≈ 0.1667", "1/6", True),
    ("22/7 ≈ 3.14", "3.14", True),
    ("\\boxed{(3, 4)}", "(3,4)", True),
    ("(4, 3)", "(3,4)", False),
    ("x \\in [0, 1)", "[0,1)", True),
    ("\\boxed{\\{2,1\\}}", "\\{1,2\\}", True),
    # money and scales
    ("2.5 bn", "2500000000", True),
    ("25 lakhs", "2500000", True),
    ("He earns $85k a year.", "85000", True),
    ("Revenue was $2.4B.", "2400000000", True),
    ("It raised £3.5m.", "3500000", True),
    ("€1.2 billion", "1200000000", True),
    ("about 7.5 million people", "7500000", True),
    ("US$ 1,999.99", "1999.99", True),
    ("-$250", "-250", True),
    ("$-250", "-250", True),
    ("The temperature is minus 12 degrees", "-12", True),
    ("₹3,45,678.50", "345678.5", True),
    ("₹2.5 lakh", "250000", True),
    ("Rs 1.2 crore", "12000000", True),
    ("CHF 12'500.50", "12500.5", True),
    ("5 m", "5", True),
    ("70 km", "70", True),
    ("70 K", "70", True),
    # percent
    ("45%", "45", True),
    ("45 percent", "0.45", True),
    ("0.45", "45%", True),
    ("50%", "0.5%", False),
    ("It fell by 12.5 %.", "12.5%", True),
    # German
    ("Die Antwort ist 1.250.", "1250", True),
    ("Die Antwort lautet 3,5.", "3.5", True),
    ("Das Ergebnis beträgt 12.345,67 Euro.", "12345.67", True),
    ("Das kostet 2,5 Mio. Euro", "2500000", True),
    ("Das sind 3 Milliarden Euro.", "3000000000", True),
    ("Antwort: 17, denn 12 + 5 = 17", "17", True),
    ("Die Antwort ist nicht 40, sondern 42.", "42", True),
    ("Es sind 20 Prozent.", "0.2", True),
    ("Die Antwort ist 1.234", "1.234", True),
    # French
    ("La réponse est 12 500.", "12500", True),
    ("La réponse est 3,75 €.", "3.75", True),
    ("Le total est de 1 234 567,5 euros", "1234567.5", True),
    ("Cela coûte 2 milliards d'euros", "2000000000", True),
    ("Réponse : 42", "42", True),
    ("Il fait moins 5 degrés", "-5", True),
    # Spanish, Portuguese, Italian
    ("La respuesta es 1.500 euros.", "1500", True),
    ("La respuesta es 12,25.", "12.25", True),
    ("El total es 3 millones de pesos", "3000000", True),
    ("La respuesta es 5 mil personas", "5000", True),
    ("A resposta é R$ 1.234,50.", "1234.5", True),
    ("O resultado é 2,5 milhões", "2500000", True),
    ("La risposta è 3.400 euro.", "3400", True),
    ("Il totale è 7,25", "7.25", True),
    # Russian, Turkish, Polish
    ("Ответ: 1 250", "1250", True),
    ("Ответ: 3,5 кг", "3.5", True),
    ("Это стоит 2,5 млн рублей", "2500000", True),
    ("Получается 12 тыс. человек", "12000", True),
    ("Cevap: 1.250,5", "1250.5", True),
    ("Toplam 3 milyon lira", "3000000", True),
    ("Odpowiedź: 12,5", "12.5", True),
    # Chinese
    ("答案是72。", "72", True),
    ("所以一共有48个苹果。", "48", True),
    ("最终答案：３６", "36", True),
    ("总价为2.5万元", "25000", True),
    ("人口约1.4亿", "140000000", True),
    ("共1亿2000万人", "120000000", True),
    ("答案是-5度", "-5", True),
    ("重72千克", "72", True),
    ("答案是三百五十", "350", True),
    ("一共七十二个", "72", True),
    ("答案是73。", "72", False),
    ("增长了百分之五，即5%", "0.05", True),
    # Japanese
    ("答えは72個です。", "72", True),
    ("合計は１，５００円です。", "1500", True),
    ("約3万5千人", "35000", True),
    ("正解は-8です", "-8", True),
    ("全部で12億円", "1200000000", True),
    # Korean
    ("정답은 72입니다", "72", True),
    ("답: 1,500원", "1500", True),
    ("약 3만 명", "30000", True),
    ("총 2억 5000만 원입니다.", "250000000", True),
    # Hindi, Bengali
    ("उत्तर ४२ है", "42", True),
    ("उत्तर: ₹१,२०,०००", "120000", True),
    ("कुल 5 लाख रुपये", "500000", True),
    ("कुल 2 करोड़", "20000000", True),
    ("উত্তর ৩৫", "35", True),
    # Arabic, Persian
    ("الجواب ٤٢", "42", True),
    ("الجواب هو ٣٫٥", "3.5", True),
    ("المجموع ١٬٢٥٠ ريال", "1250", True),
    ("الإجابة: 3 مليون", "3000000", True),
    ("النسبة ٤٥٪", "0.45", True),
    ("پاسخ: ۱۲", "12", True),
    # Thai
    ("คำตอบคือ72", "72", True),
    ("คำตอบคือ ๔๒ บาท", "42", True),
    ("ราคา 3 ล้านบาท", "3000000", True),
]

LETTERS: list[Row] = [
    ("B", "B", True),
    ("b", "B", True),
    ("(B)", "B", True),
    ("B)", "B", True),
    ("**B**", "B", True),
    ("B: a whale", "B", True),
    ("B - a whale", "B", True),
    ("The answer is (B) a whale.", "B", True),
    ("The correct option is B.", "B", True),
    ("Option B is right, since a whale breathes air.", "B", True),
    ("\\boxed{B}", "B", True),
    ("$\\boxed{\\text{B}}$", "B", True),
    ("answer: b", "B", True),
    ("A is wrong, C is wrong, so the answer is B.", "B", True),
    ("I first thought A. Looking again, B.", "B", False),
    ("It can't be A. The answer is B", "B", True),
    ("The answer is A or B.", "A", False),
    ("The answer is B, not A.", "B", True),
    ("Not A but B", "B", True),
    ("A whale is a mammal.", "A", False),
    ("This is a question about a whale", "A", False),
    ("A is correct.", "A", True),
    ("A", "A", True),
    ("A.", "A", True),
    ("A because whales breathe.", "A", True),
    ("A\n\nExplanation: Because B is a fish.", "A", True),
    ("B\nA whale is a mammal.", "B", True),
    ("Vitamin C is important, so D", "D", False),
    ("ABCD", "A", False),
    ("", "A", False),
    ("E", "A", False),
    ("<think>A? B? C?</think>D", "D", True),
    ("so A, B... no.\n</think>\n\nD", "D", True),
    ("<answer>C</answer>", "C", True),
    ("Die Antwort ist B.", "B", True),
    ("Richtig ist Antwort B, weil Wale atmen.", "B", True),
    ("La réponse est B", "B", True),
    ("Réponse : B", "B", True),
    ("La respuesta correcta es la B.", "B", True),
    ("A resposta é B", "B", True),
    ("La risposta corretta è C", "C", True),
    ("Ответ: B", "B", True),
    ("Правильный ответ: C", "C", True),
    ("答案是B", "B", True),
    ("答案是B，因为鲸鱼是哺乳动物。", "B", True),
    ("正确答案是C。", "C", True),
    ("答案：D", "D", True),
    ("选B", "B", True),
    ("正解はBです。", "B", True),
    ("答えはCです。", "C", True),
    ("정답은 B입니다.", "B", True),
    ("정답: C", "C", True),
    ("उत्तर: B", "B", True),
    ("सही उत्तर C है", "C", True),
    ("الإجابة: B", "B", True),
    ("الجواب هو C", "C", True),
    ("คำตอบคือB", "B", True),
    ("คำตอบ: D", "D", True),
    ("Cevap: B", "B", True),
]

WORDS: list[Row] = [
    ("shipping", "shipping", True),
    ("Label: shipping", "shipping", True),
    ("This is about shipping, not about a refund.", "shipping", True),
    ("refund? shipping? hmm</think>other", "other", True),
    ("答案是shipping。", "shipping", True),
    ("分类：refund", "refund", True),
    ("カテゴリはrefundです", "refund", True),
    ("카테고리는 refund입니다", "refund", True),
    ("refunds", "refund", False),
    ("It may be refund or shipping", "refund", False),
    ("Die Antwort ist refund.", "refund", True),
]

FOUND: list[Row] = [
    ("首都是Paris。", "Paris", True),
    ("首都は東京です", "東京", True),
    ("수도는 서울입니다", "서울", True),
    ("เมืองหลวงคือกรุงเทพ", "กรุงเทพ", True),
    ("राजधानी दिल्ली है", "दिल्ली", True),
    ("यह दिल है", "दिल्ली", False),
    ("राजधानी दिल्ली है", "दिल", False),
    ("العاصمة هي باريس.", "باريس", True),
    ("Столица — Париж.", "Париж", True),
    ("Парижанин", "Париж", False),
    ("La capitale est Paris.", "paris", True),
    ("Not Lyon, not Paris. Hmm</think>Nice", "Paris", False),
    ("用`</think>`标签", "标签", True),
    ("答案是72。", "72", True),
    ("一共172个", "72", False),
]

SHORT: list[Row] = [
    ("Could be Lyon... no.\n</think>\n\nParis", "Paris", True),
    ("<reasoning>Lyon?</reasoning>Paris", "Paris", True),
    ("[THINK]Lyon?[/THINK]Paris", "Paris", True),
    ("<|channel|>analysis<|message|>Lyon?<|end|><|start|>assistant<|channel|>final<|message|>Paris", "Paris", True),
    ("<think>only thought, never said Paris", "Paris", False),
    ("<answer>Paris</answer>", "Paris", True),
    ("Die Antwort ist Berlin.", "Berlin", True),
    ("La réponse est Paris.", "Paris", True),
    ("答案是北京。", "北京", True),
    ("答えは東京", "東京", True),
    ("정답: 서울", "서울", True),
    ("Ответ: Москва", "Москва", True),
    ("The tag `</think>` ends it", "ends it", False),
]

JSONS: list[Row] = [
    ('Draft: {"a": 1, "b": 2, "c": 3}\nFinal: {"a": 2}', {"a": 2}, True),
    ('{"a": 1}\n\nOn reflection: {"a": 2}', {"a": 1}, False),
    ('I weigh {"a": 1} but\n</think>\n{"a": 2}', {"a": 2}, True),
    ('```json\n{"a": 1}\n```\nBetter:\n```json\n{"a": 2}\n```', {"a": 2}, True),
    ('{"a": 2} (see [1])', {"a": 2}, True),
    ('Given {"a": 1}, the list is [1, 2]', [1, 2], True),
    ('答案：{"a": 2}。', {"a": 2}, True),
    ("{'a': 2}", {"a": 2}, False),
    ('{"a": 2', {"a": 2}, False),
]

MENDED: list[Row] = [
    ("{'a': 2}", {"a": 2}, True),
    ('{"a": 2', {"a": 2}, True),
    ('```json\n{"a": 2,}\n```', {"a": 2}, True),
    ('Here: {a: 2, "b": [1, 2,]}', {"a": 2, "b": [1, 2]}, True),
    ("nothing at all", {"a": 2}, False),
]


def _value(kind: GraderKind, answer: str, reference: Any, **settings: Any) -> float:
    found = grader_of(GraderSpec(kind=kind, **settings))(answer, Item(id="a", input="q", reference=reference))
    assert found is not None
    assert "\n" not in found.detail
    return found.value


@pytest.mark.parametrize(("answer", "reference", "right"), NUMBERS)
def test_numbers(answer: str, reference: str, right: bool) -> None:
    assert _value("numeric", answer, reference) == float(right)


@pytest.mark.parametrize(("answer", "reference", "right"), LETTERS)
def test_letters(answer: str, reference: str, right: bool) -> None:
    assert _value("exact_match", answer, reference, labels=("A", "B", "C", "D")) == float(right)


@pytest.mark.parametrize(("answer", "reference", "right"), WORDS)
def test_words_as_labels(answer: str, reference: str, right: bool) -> None:
    assert _value("exact_match", answer, reference, labels=("refund", "shipping", "other")) == float(right)


@pytest.mark.parametrize(("answer", "reference", "right"), FOUND)
def test_words_within_an_answer(answer: str, reference: str, right: bool) -> None:
    assert _value("includes", answer, reference) == float(right)


@pytest.mark.parametrize(("answer", "reference", "right"), SHORT)
def test_short_answers(answer: str, reference: str, right: bool) -> None:
    assert _value("exact_match", answer, reference) == float(right)


@pytest.mark.parametrize(("answer", "reference", "right"), JSONS)
def test_the_json_that_is_meant(answer: str, reference: Any, right: bool) -> None:
    assert _value("json_equals", answer, reference) == float(right)


@pytest.mark.parametrize(("answer", "reference", "right"), MENDED)
def test_broken_json_is_mended_where_it_is_asked_for(answer: str, reference: Any, right: bool) -> None:
    assert _value("json_equals", answer, reference, repair=True) == float(right)


@pytest.mark.parametrize(
    ("answer", "reference", "labels", "right"),
    [
        ("I think it is II", "II", ("I", "II", "III"), True),
        ("I", "I", ("I", "II", "III"), True),
        ("Case I is the one", "I", ("I", "II", "III"), True),
        ("I would say III.", "III", ("I", "II", "III"), True),
        ("Rating: 4/5", "4", ("1", "2", "3", "4", "5"), True),
        ("4 out of 5", "4", ("1", "2", "3", "4", "5"), True),
        ("4", "4", ("1", "2", "3", "4", "5"), True),
        ("评分：４", "4", ("1", "2", "3", "4", "5"), True),
        ("14", "4", ("1", "2", "3", "4", "5"), False),
    ],
)
def test_numerals_as_labels(answer: str, reference: str, labels: tuple[str, ...], right: bool) -> None:
    assert _value("exact_match", answer, reference, labels=labels) == float(right)


def test_the_table_is_long_enough() -> None:
    tables = (NUMBERS, LETTERS, WORDS, FOUND, SHORT, JSONS, MENDED)
    assert sum(map(len, tables)) >= 150
    assert all(any(not right for *_, right in table) for table in tables)


@pytest.mark.parametrize("unit", ["11,", "1 ", "\n", "answer: ", "(", "<think>", "**1", "A or ", "^1", "[1,", "1万"])
@pytest.mark.parametrize("kind", ["numeric", "exact_match", "includes", "json_equals"])
def test_a_runaway_answer_is_graded_and_is_wrong(kind: GraderKind, unit: str) -> None:
    labels = {"labels": ("A", "B")} if kind == "exact_match" else {}
    assert _value(kind, (unit * 20_000)[:20_000], "7", **labels) == 0.0
