"""What one request costs: at worst before it leaves, in fact after it came back."""

from collections.abc import Sequence
from typing import Final

from planner.catalog.pricing import TokenUse, charge_usd
from planner.catalog.schema import Price
from planner.errors import InputError
from planner.probing.wire.questions import Answer, Message
from planner.store.records import Target
from planner.workload.tokens import count_tokens

_COUNTED_HERE: Final = frozenset({"openai", "azure"})
"""Providers whose tokenizer is the one we count with."""
_OWN_MARGIN: Final = 1.1
_OTHER_MARGIN: Final = 2.0
"""Other tokenizers lie within some 15 % on English (workload/tokens.py) and further off on code and other scripts."""
_MESSAGE_TOKENS: Final = 8
_TEMPLATE_TOKENS: Final = 100
"""A chat template may add a system message of its own (SmolLM2's has 20 tokens, gpt-oss's about 70)."""


def price_of(target: Target) -> Price:
    """Price of a target, long-context steps included; InputError when it is unknown."""
    if target.price is not None:
        return target.price
    if target.input_usd_per_mtok is None or target.output_usd_per_mtok is None:
        raise unknown_price(target.name)
    return Price(target.input_usd_per_mtok, target.output_usd_per_mtok, target.cached_input_usd_per_mtok)


def unknown_price(name: str) -> InputError:
    """The cap needs a price for every model."""
    allowed = "--price IN:OUT, USD per million tokens (0:0 for a server of your own); the spending cap needs it"
    return InputError("--models", name, found="a price that is unknown", allowed=allowed)


def is_free(target: Target) -> bool:
    """Whether its requests cost nothing: they may be asked again."""
    more = target.price is not None and (target.price.request_usd > 0.0 or bool(target.price.steps))
    return target.input_usd_per_mtok == 0 and target.output_usd_per_mtok == 0 and not more


def count_messages(messages: Sequence[Message]) -> int:
    """Tokens of all messages by o200k_base, without what a chat template adds."""
    return sum(count_tokens([message.content for message in messages]))


def most_prompt_tokens(messages: Sequence[Message], counted: int, target: Target) -> int:
    """More tokens than any provider will bill for the prompt: a byte is at least a part of a token."""
    extra = _MESSAGE_TOKENS * len(messages) + _TEMPLATE_TOKENS
    if target.provider in _COUNTED_HERE:
        return int(_OWN_MARGIN * counted) + extra
    return min(int(_OTHER_MARGIN * counted), sum(len(message.content.encode()) for message in messages)) + extra


def most_answer_tokens(target: Target, max_output_tokens: int) -> int:
    """How many of our tokens an answer may have that is as long as its own tokenizer lets it be."""
    return max_output_tokens if target.provider in _COUNTED_HERE else int(_OTHER_MARGIN * max_output_tokens)


def worst_usd(target: Target, prompt_tokens: int, max_output_tokens: int) -> float:
    """The most that a request may cost: an answer as long as it may be, on the dearest price step it may reach.

    The whole request is billed at the step that its prompt passes, so each level is charged at the longest prompt that
    stays on it; where the cached or the reasoning rate is the dearer one, all tokens are taken to be of that kind.
    """
    price = price_of(target)
    longest = [prompt_tokens, *(step.above_input_tokens for step in price.steps)]
    uses = [
        TokenUse(
            prompt,
            max_output_tokens - reasoning,
            cached_input_tokens=cached * prompt,
            reasoning_tokens=reasoning,
        )
        for prompt in longest
        if prompt <= prompt_tokens
        for cached in (0.0, 1.0)
        for reasoning in {0, max_output_tokens if price.reasoning_usd_per_mtok or price.steps else 0}
    ]
    return max(float(charge_usd(use, price)) for use in uses)


def answer_usd(target: Target, answer: Answer) -> float | None:
    """What an answer cost; None when the server did not say how many tokens it took and they are paid for."""
    if not answer.usage_stated and not is_free(target):
        return None
    reasoning = min(answer.reasoning_tokens, answer.completion_tokens)
    use = TokenUse(
        answer.prompt_tokens,
        answer.completion_tokens - reasoning,
        cached_input_tokens=min(answer.cached_tokens, answer.prompt_tokens),
        reasoning_tokens=reasoning,
    )
    return float(charge_usd(use, price_of(target)))
