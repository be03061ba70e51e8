"""The forecast bill as FOCUS 1.2 rows: one a segment and cost line, for the month that the plan describes.

Columns: the mandatory ones of FOCUS 1.2 (FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec v1.2), some conditional ones, and
columns of our own with the prefix x_ that the specification asks for.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Final

from planner.planning.plan import CostPart, SegmentPlan
from planner.report.deploy.toolbox import Toolbox

_CATEGORY: Final = "AI and Machine Learning"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMNS: Final = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SubAccountId",
    "SubAccountName",
    "Tags",
    "x_Segment",
    "x_EvidenceClass",
    "x_How",
    "x_SegmentForecastLow",
    "x_SegmentForecastHigh",
)


def focus_csv(box: Toolbox) -> str:
    """Rows as CSV; a text that a spreadsheet would run as a formula starts with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in _rows(box):
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return out.getvalue()


def _rows(box: Toolbox) -> Iterator[dict[str, str | float]]:
    start, end = _month(box.day)
    for segment in box.plan.segments:
        for part in segment.cost_parts:
            yield _row(box, segment, part, start, end)


def _month(day: date) -> tuple[str, str]:
    """The month after the day: start, and end (exclusive), as FOCUS writes times."""
    first = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return f"{first.isoformat()}T00:00:00Z", f"{after.isoformat()}T00:00:00Z"


def _row(box: Toolbox, segment: SegmentPlan, part: CostPart, start: str, end: str) -> dict[str, str | float]:
    option = segment.option
    usd = float(f"{part.monthly_usd:.10g}")
    provider = _provider(box, part, option.provider)
    metered = any(one.startswith("offer:") for one in part.evidence)
    return {
        "BilledCost": usd,
        "BillingAccountId": box.plan.workload_hash[:16],
        "BillingAccountName": box.workload.name,
        "BillingCurrency": "USD",
        "BillingPeriodStart": start,
        "BillingPeriodEnd": end,
        "ChargeCategory": "Usage" if metered or option.pool else "Purchase",
        "ChargeClass": "",
        "ChargeDescription": f"Forecast: {part.name}",
        "ChargeFrequency": "Usage-Based" if metered else "Recurring",
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        "ConsumedQuantity": segment.requests_per_month,
        "ConsumedUnit": "Requests",
        "ContractedCost": usd,
        "EffectiveCost": usd,
        "InvoiceIssuerName": provider,
        "ListCost": usd,
        "PricingCategory": "Standard",
        "PricingQuantity": segment.requests_per_month,
        "PricingUnit": "Requests",
        "ProviderName": provider,
        "PublisherName": option.model.split("/", 1)[0],
        "RegionId": option.area,
        "RegionName": option.area,
        "ResourceId": option.offer_key or option.pool or option.place,
        "ResourceName": option.model_name,
        "ResourceType": option.serving,
        "ServiceCategory": _CATEGORY,
        "ServiceName": option.label,
        "ServiceSubcategory": "Generative AI",
        "SkuId": option.offer_key or option.pool or option.place,
        "SkuMeter": part.name,
        "SubAccountId": segment.name,
        "SubAccountName": segment.name,
        "Tags": json.dumps({"segment": segment.name, "tier": option.tier, "technique": option.technique}),
        "x_Segment": segment.name,
        "x_EvidenceClass": part.number_class,
        "x_How": part.how,
        "x_SegmentForecastLow": segment.monthly_cost_usd.low,
        "x_SegmentForecastHigh": segment.monthly_cost_usd.high,
    }


def _provider(box: Toolbox, part: CostPart, default: str) -> str:
    """Who is paid: the seller of the offer that a line rests on, people for lines of people's hours."""
    if any(one.startswith("assumption:engineer_hour") for one in part.evidence):
        return "own people"
    offers = {f"offer:{offer.key}": offer.provider for offer in box.catalog.offers}
    provider = next((offers[one] for one in part.evidence if one in offers), default)
    known = box.catalog.providers.get(provider)
    return known.name if known else ("own machines" if provider == "own" else provider)


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return repr(value)
