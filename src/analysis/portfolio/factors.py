"""Net sales as a product of factors, and what each of them did to a change."""

from __future__ import annotations

import numpy as np
import pandas as pd

FACTORS = ("customers", "purchases_per_customer", "value_per_purchase")


def with_factors(rows: pd.DataFrame) -> pd.DataFrame:
    """Add how often each customer bought, and how much at a time; missing where nobody bought."""
    return rows.assign(
        purchases_per_customer=rows["purchases"] / rows["customers"].where(rows["customers"] > 0),
        value_per_purchase=rows["net_sales"] / rows["purchases"].where(rows["purchases"] > 0),
    )


def factor_effects(before: pd.Series, now: pd.Series, factors: tuple[str, ...] = FACTORS) -> pd.DataFrame:
    """Split the change of a product exactly over its factors.

    By ``factor``: ``before``, ``now``, ``change`` (as a share) and ``effect``, what it did to the product, in
    its unit; missing where a factor is zero or less, which has no logarithm.

    Notes
    -----
    With V the product, the effect of factor f is L(V_now, V_before) · ln(f_now ÷ f_before), where L(a, b) =
    (a − b) ÷ (ln a − ln b) is the logarithmic mean, and L(a, a) = a. The effects add up to V_now − V_before
    with nothing left over: the additive form of the logarithmic mean Divisia index (LMDI) of Ang, B. W.
    (2005), "The LMDI approach to decomposition analysis: a practical guide", Energy Policy 33, 867–871.
    """
    one, other = (pd.to_numeric(side[list(factors)]).to_numpy(dtype="float64") for side in (before, now))
    effect = np.full(len(factors), np.nan)
    if (one > 0).all() and (other > 0).all():
        logs = np.log(other / one)
        total = logs.sum()
        effect = logs * ((other.prod() - one.prod()) / total if abs(total) > 1e-9 else one.prod())
    change = other / np.where(one == 0, np.nan, one) - 1
    return pd.DataFrame(
        {"factor": list(factors), "before": one, "now": other, "change": change, "effect": effect}
    )
