"""Lines of a bill: an amount, and the formula that it is the value of, with the numbers that the formula prints."""

from dataclasses import dataclass
from math import prod

from planner.catalog.schema import NumberClass
from planner.units import Draws


@dataclass(frozen=True, slots=True)
class Factor:
    """One number of a formula as it is printed: '420 tokens', '0.1 USD per 1M', '41 h set-up over 12 months'."""

    value: float
    words: str
    """Unit, and what it is of."""
    per: float = 1.0
    """What the unit stands for: 1e-6 of 'per 1M', 1/12 of 'over 12 months'."""

    @property
    def text(self) -> str:
        """Four significant digits; whole numbers from 1,000 on."""
        number = f"{self.value:,.0f}" if abs(self.value) >= 1000.0 else f"{self.value:.4g}"
        return f"{number} {self.words}".rstrip()

    @property
    def shown(self) -> float:
        """The number that `text` prints, times `per`."""
        return float(self.text.split(" ", 1)[0].replace(",", "")) * self.per


@dataclass(frozen=True, slots=True)
class Formula:
    """A sum of products; what is paid once a month beside what grows."""

    products: tuple[tuple[Factor, ...], ...] = ()

    @property
    def text(self) -> str:
        """'1,500,000 requests x 420 tokens x 0.1 USD per 1M'; products of the sum are joined by ' + '."""
        return " + ".join(" x ".join(factor.text for factor in factors) for factors in self.products)

    @property
    def usd(self) -> float:
        """What the printed numbers come to."""
        return sum(prod(factor.shown for factor in factors) for factors in self.products)


def product(*factors: Factor) -> Formula:
    """A formula of one product."""
    return Formula((factors,))


@dataclass(frozen=True, slots=True, eq=False)
class CostLine:
    """One named part of what grows with requests; an option's lines sum to its usage draw by draw."""

    name: str
    """'input tokens', 'cached input', 'cache writes', 'output tokens', 'hidden reasoning', 'tool calls', 'retries'."""
    monthly_usd: Draws
    """(S,)"""
    number_class: NumberClass
    formula: Formula
    """Comes to the mean of `monthly_usd`, but for the rounding of the printed numbers."""
    source_ids: tuple[str, ...]

    @property
    def how(self) -> str:
        """The arithmetic in one line: '1,500,000 requests x 420 tokens x 0.1 USD per 1M'."""
        return self.formula.text
