"""The customer profile: what every topic knows of each customer, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import actions, churn, ltv, owners, portfolio, profitability, satisfaction, segmentation
from analysis.actions.effects import Effects
from analysis.actions.recommend import advised, new_customer_value
from analysis.churn import Snapshots
from analysis.churn.contact_value import ContactTerms
from analysis.churn.model import ChurnModel
from analysis.customer_columns import in_order
from analysis.dataset import Dataset
from analysis.dataset.cache import made_once
from analysis.dataset.segment_table import Scoring
from analysis.language import current_language
from analysis.ltv.profile import Fitted
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow, GrowthPotential
from analysis.profile_parts import Profiles
from analysis.segmentation.life_cycle import LifeCycle


def customer_profile(
    dataset: Dataset, activity_window: int | None = None, columns: Sequence[str] = ()
) -> pd.DataFrame:
    """Return one row per customer with what the topics know of it.

    The notebooks show the same figures, since the same functions give them.

    Parameters
    ----------
    dataset
        The data set.
    activity_window
        Days after which a customer counts as inactive; None: that of the data set, or from the data.
    columns
        Those that are needed, as far as there are any, where customers are many; none: all.

    Returns
    -------
    pandas.DataFrame
        The columns of `analysis.customer_columns.MEANINGS`, which says what each means, but for the action,
        which ``08_action_plan`` adds (`analysis.actions.recommend`). What a topic cannot tell is missing;
        ``active`` is absent without an activity window, and what the table of customers says (``name``,
        ``owner``, ``sector``, ``region``, ``type``, ``consent``) where it says it of nobody.

    Examples
    --------
    >>> from analysis import open_dataset
    >>> profile = customer_profile(open_dataset("cdnow-sample"))
    >>> profile[["customer_id", "purchase_days", "active", "segment"]].head(2)
      customer_id  purchase_days  active          segment
    0       00004              4   False  needs_attention
    1       00018              1   False             lost
    """
    return customer_profiles(dataset, activity_window).table(columns)


def customer_profiles(dataset: Dataset, activity_window: int | None = None) -> Profiles:
    """Return the customer profile as a whole or, of a data set in parts, in parts on disk.

    These are made once for a run. What is learned of all customers, such as models and the limits of
    classes, is the same for all parts; see `customer_profile`.
    """
    attrs = {"currency": dataset.currency, "content": dataset.content}
    if not dataset.in_parts:
        return Profiles([_whole(dataset, activity_window)], attrs)
    set_up = (dataset.as_of, activity_window, dataset.rfm, dataset.actions, current_language())
    folder = made_once(
        f"customer profile {dataset.content} {set_up!r}",
        lambda folder: _write_parts(dataset, activity_window, folder),
    )
    return Profiles(sorted(folder.glob("*.parquet")), attrs)


def _whole(dataset: Dataset, activity_window: int | None) -> pd.DataFrame:
    known = _learn(dataset, activity_window)
    described = _described(dataset, known)
    profile = _with_action(described, known, new_customer_value(described, dataset.as_of))
    profile.attrs = described.attrs
    return profile


def _write_parts(dataset: Dataset, activity_window: int | None, folder: Path) -> None:
    """Write each part; what a new customer is worth is known once all are described."""
    known, new = _learn(dataset, activity_window), []
    drafts = [folder / f"{part:05}.draft" for part, _ in enumerate(dataset.batches())]
    for draft, part in zip(drafts, dataset.batches(), strict=True):
        described = _described(part, known)
        new.append(described[["first_purchase", "clv"]])
        described.to_parquet(draft, index=False)
    value = new_customer_value(pd.concat(new), dataset.as_of)
    for draft in drafts:
        profile = _with_action(pd.read_parquet(draft), known, value)
        profile.to_parquet(draft.with_suffix(".parquet"), index=False)
        draft.unlink()


@dataclass(frozen=True)
class _Known:
    """What is learned of all customers, to describe each of them."""

    window: ActivityWindow | NotPossible
    snapshots: Snapshots | NotPossible
    model: ChurnModel | NotPossible
    fitted: Fitted
    contact: ContactTerms
    mean_gap: float
    lapsed: pd.DataFrame
    scorings: list[Scoring]
    abc: tuple[float, float] | None
    effects: Effects


def _learn(dataset: Dataset, activity_window: int | None) -> _Known:
    pairs = dataset.query("purchase_gaps")
    window = portfolio.activity_window(pairs, activity_window or dataset.activity_window)
    horizon = churn.horizon(window, pairs, dataset.as_of)
    snapshots = churn.snapshots(dataset.sampled(), horizon)
    bought = dataset.query("customers", ["first_purchase", "last_purchase", "x"]).dropna()
    return _Known(
        window,
        snapshots,
        churn.forecast(snapshots),
        ltv.fitted(dataset),
        churn.contact_terms(dataset, window, activity_window),
        churn.mean_gap(bought),
        churn.lapsed_profile(churn.lapsed_lines(dataset, horizon)),
        segmentation.past_scorings(dataset),
        segmentation.limits(dataset.query("customers", ["net_sales"])["net_sales"]),
        actions.effects(dataset, window=activity_window),
    )


def _described(part: Dataset, known: _Known) -> pd.DataFrame:
    """Return what topics know of the customers of a part, or of all, but for the action."""
    customers, as_of, window = part.query("customers"), part.as_of, known.window
    values = ltv.profile(part, known.fitted)
    scored = churn.scored(known.model, known.snapshots, part, values)
    joined: list[pd.DataFrame | pd.Series] = [
        owners.profile(part, customers),
        portfolio.profile(customers, as_of, window),
        _by_year(part),
        _told(portfolio.growth_potential(part), potential="growth_potential", potential_in="category"),
        segmentation.profile(customers, as_of, window, known.scorings[0]),
        segmentation.segment_history(part, window, known.scorings),
        _told(segmentation.life_cycle(part, window), life_cycle="stage"),
        churn.usual_gaps(customers, known.mean_gap),
        churn.profile(scored),
        churn.worth_contacting(part, scored, values, known.contact),
        known.lapsed,
        values,
        profitability.profile(part, known.fitted.margin),
        profitability.owed(part),
        satisfaction.profile(part),
    ]
    profile = customers.set_index("customer_id")
    for columns in joined:
        profile = profile.join(columns)
    profile["abc"] = segmentation.placed_by(profile["net_sales"], known.abc) if known.abc else None
    profile = profile.astype(dict.fromkeys(profile.select_dtypes("category"), "str")).reset_index()
    profile.attrs = customers.attrs
    return profile


def _with_action(profile: pd.DataFrame, known: _Known, new_customer: float) -> pd.DataFrame:
    best = advised(profile, known.effects, new_customer)
    return in_order(profile.assign(action=best["action"], action_gain=best["expected_gain"]))


def _by_year(dataset: Dataset) -> pd.DataFrame:
    """Return net sales by customer and calendar year, 0 in a year without any."""
    rows = dataset.query("customer_years")
    return rows.pivot_table("net_sales", "customer_id", "year", "sum", fill_value=0).add_prefix("net_sales_")


def _told(found: LifeCycle | GrowthPotential | NotPossible, **columns: str) -> pd.DataFrame:
    """Return columns of the customers of a result, by the names that the profile gives them."""
    empty = pd.DataFrame(columns=["customer_id", *columns.values()])
    rows = empty if isinstance(found, NotPossible) else found.customers
    return rows.set_index("customer_id")[list(columns.values())].set_axis(list(columns), axis="columns")
