"""Which findings the front page tells, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

Finding = dict[str, Any]
"""As in ``findings.json``; see `analysis.result.Finding`."""
FEWEST, MOST = 5, 7


def ranked(
    findings: Sequence[Finding], year_sales: float | None, told: Collection[str] = ()
) -> list[Finding]:
    """Return the findings to tell, the strongest first.

    Of each topic, the beginning of the id, it is the strongest one, if it is about money: at most seven.
    Where these are fewer than five, others fill up: first those about money, then the rest in reading order.

    Parameters
    ----------
    findings
        In reading order; of several with one id the first counts.
    year_sales
        Net sales of a year, against which money is held. Where there are none, it is the largest sum of money
        that a finding is about.
    told
        Ids of those that the page tells anyway.
    """
    first = {one["id"]: one for one in reversed(findings)}
    once = [one for one in findings if first[one["id"]] is one and one["id"] not in told]
    scale = year_sales or 0.0
    if scale <= 0:
        scale = max((one.get("money") or 0.0 for one in once), default=0.0)
    scored = sorted(once, key=lambda one: -strength(one, scale))
    best: dict[str, Finding] = {}
    for one in scored:
        if strength(one, scale) > 0:
            best.setdefault(one["id"].partition(".")[0], one)
    chosen = [*best.values()][:MOST]
    rest = [one for one in scored if one not in chosen]
    return chosen + rest[: max(FEWEST - len(chosen), 0)]


def strength(finding: Finding, year_sales: float) -> float:
    """Return how much a finding matters: its money as a share of a year's sales, at most 1 × (1 + surprise).

    Surprise is how far its value is from the usual one, as a share of that, at most 1; 0 where nothing is
    known to be usual.
    """
    money = min((finding.get("money") or 0.0) / year_sales, 1.0) if year_sales > 0 else 0.0
    value, usual = finding.get("value"), finding.get("usual")
    surprise = 0.0
    if isinstance(value, (int, float)) and isinstance(usual, (int, float)) and value != usual:
        surprise = min(abs(value - usual) / abs(usual), 1.0) if usual else 1.0
    return money * (1 + surprise)
