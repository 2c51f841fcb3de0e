"""What past campaigns changed: those contacted against a control group, chosen by lot and left alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import stats

from analysis.churn.horizon import horizon
from analysis.churn.model import fit
from analysis.churn.risks import Z_90, risk_today
from analysis.churn.snapshots import snapshots
from analysis.dataset import Dataset
from analysis.language import _, listing, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import ActivityWindow, activity_window
from analysis.result import Finding, Listed
from analysis.statistics import share_difference

RESPONSE_DAYS = 60  # days after a contact in which a purchase counts as an answer
MIN_DAYS, MIN_ARM = 14, 30  # below that a campaign is too young, or its groups too small
GROUPS, DIFFERENT = 3, 0.1  # by risk; they differ if chance would make them differ so much less often
SHOWN = [
    *("campaign", "date", "treated", "control", "effect", "effect_low", "effect_high", "cost"),
    *("days", "bought_treated", "bought_control", "apart", "balanced"),
]
BY_RISK = [
    *("risk_low", "risk_high", "treated", "bought_treated", "bought_control"),
    *("effect", "effect_low", "effect_high", "control"),
]
BEFORE = ["days_since_last", "purchase_days", "net_sales_before"]


def campaign_contacts(dataset: Dataset, days: int = RESPONSE_DAYS) -> pd.DataFrame | NotPossible:
    """Return whom each campaign was for, as they were before, and who bought in the ``days`` after.

    One row per campaign and customer: ``campaign``, ``date``, ``customer_id``, ``treated`` (otherwise left
    alone), ``cost`` of the contact, ``days`` after it that are known; ``days_since_last``, ``purchase_days``
    and ``net_sales_before`` (in a year) on its day; ``bought`` after it.
    """
    rows = dataset.query("campaign_contacts", days=days) if "campaigns" in dataset.tables else pd.DataFrame()
    if rows.empty:
        return NotPossible(
            _(
                "There are no campaigns in these data: a table 'campaigns' with customer_id, date and arm "
                "(treated, or control: chosen alike but left alone) would show what a contact changes."
            )
        )
    name = rows["campaign_id"].fillna(rows["date"].dt.strftime("%Y-%m-%d"))
    kind = rows.groupby(name)["kind"].transform("first")
    return rows[["date", "customer_id", "cost", "purchase_days", "net_sales_before"]].assign(
        campaign=name.where(kind.isna() | (name == kind), name + " · " + kind),
        treated=rows["treated"].astype(bool),
        days=(pd.Timestamp(dataset.as_of) - rows["date"]).dt.days.clip(upper=days),
        days_since_last=(rows["date"] - rows["last_purchase"]).dt.days,
        bought=rows["bought"].astype(bool),
    )


def effect_of(contacts: pd.DataFrame) -> dict[str, float]:
    """Compare those contacted with those left alone.

    Gives ``treated`` and ``control``, customers; ``bought_treated`` and ``bought_control``, shares of them;
    ``effect``, the difference, with its 90 % interval ``effect_low``, ``effect_high`` (Newcombe 1998).
    Below 0 where fewer bought.
    """
    arms = [contacts.loc[contacts["treated"] == arm, "bought"] for arm in (True, False)]
    (treated, share), (control, without) = ((len(arm), float(arm.mean())) for arm in arms)
    low, high = share_difference((share, treated), (without, control), Z_90)
    bought = {"bought_treated": share, "bought_control": without}
    effect = {"effect": share - without, "effect_low": low, "effect_high": high}
    return {"treated": treated, "control": control} | bought | effect


def apart_before(contacts: pd.DataFrame) -> tuple[float, float]:
    """Return how far the groups were apart before, in standard deviations, and how far a lot leaves them.

    The first is the largest difference of means in `BEFORE` (Austin 2009); the second what 99 of 100 lots
    leave, and at least 0.1.
    """
    one, other = (contacts.loc[contacts["treated"] == arm, BEFORE].astype(float) for arm in (True, False))
    apart = (one.mean() - other.mean()) / np.sqrt((one.var() + other.var()) / 2).replace(0.0, np.nan)
    allowed = float(stats.norm.ppf(0.995)) * np.sqrt(1 / len(one) + 1 / len(other))
    return float(apart.abs().fillna(0.0).max()), max(0.1, float(allowed))


@dataclass(frozen=True, kw_only=True)
class CampaignEffects(Listed):
    """What each past campaign with a control group changed, the oldest first.

    Attributes
    ----------
    frame
        One row each: ``campaign``, ``date`` and ``days`` after it that count; what `effect_of` gives; mean
        ``cost`` of a contact, where known; ``apart``, the first of `apart_before`; ``balanced``, whether the
        groups were as alike as a lot leaves them; ``active_share``, share of customers active on its day.
    names
        What the rows are called.
    contacts
        What `campaign_contacts` gives of them.
    """

    name: ClassVar[str] = "campaign_effects"
    is_drawn: ClassVar[bool] = True
    frame: pd.DataFrame
    names: list[str]
    contacts: pd.DataFrame = field(repr=False)

    @property
    def for_active(self) -> pd.DataFrame:
        """The latest campaign with groups alike, most of them active on its day: its row, or none."""
        return self.frame[self.frame["balanced"] & (self.frame["active_share"] >= 0.5)].tail(1)


def _in_points(effects: pd.DataFrame, names: list[str]) -> str:
    """Return effects in percentage points, each with its interval, by name."""
    said, message = [], _("{name} {effect} ({low} to {high})")
    for name, shares in zip(names, effects[["effect", "effect_low", "effect_high"]].to_numpy(), strict=True):
        effect, low, high = (f"{'+' if share > 0 else ''}{number(100 * share, 1)}" for share in shares)
        said.append(message.format(name=name, effect=effect, low=low, high=high))
    return listing(said)


@or_not_possible
def campaign_effects(contacts: pd.DataFrame, window: ActivityWindow) -> CampaignEffects | NotPossible:
    """Measure what each campaign changed, where some of those it was for were left alone.

    It takes what `campaign_contacts` gives, and is not possible where no campaign had 30 customers contacted,
    30 left alone and 14 days to answer.
    """
    rows, notes = [], []
    for campaign in contacts.groupby("campaign")["date"].min().sort_values(kind="stable").index:
        those = contacts[contacts["campaign"] == campaign]
        treated, days = int(those["treated"].sum()), int(those["days"].max())
        control = len(those) - treated
        if min(treated, control) < MIN_ARM or days < MIN_DAYS:
            message = _(
                "What {campaign} changed is not known: {treated} customers contacted, {control} left alone, "
                "{days} days ago. It takes 30 of each, chosen by lot, and 14 days."
            )
            counts = {"treated": number(treated), "control": number(control), "days": number(days)}
            notes.append(message.format(campaign=campaign, **counts))
            continue
        apart, allowed = apart_before(those)
        rows.append(
            {"campaign": campaign, "date": those["date"].min(), "days": days}
            | effect_of(those)
            | {
                "cost": those.loc[those["treated"], "cost"].mean(),
                "apart": apart,
                "balanced": apart <= allowed,
                "active_share": float((those["days_since_last"] <= window.days).mean()),
            }
        )
    if not rows:
        return NotPossible(" ".join(notes))
    frame = pd.DataFrame(rows)
    if unlike := frame.loc[~frame["balanced"], "campaign"].tolist():
        message = _(
            "Beware: in {campaigns} the groups differed before the contact by more than a lot explains: "
            "what came after may be that difference, and is used for nothing here."
        )
        notes.append(message.format(campaigns=listing(unlike)))
    names = frame["campaign"].tolist()
    worked = frame.loc[frame["balanced"] & (frame["effect_low"] > 0), "campaign"].tolist()
    more = _("More customers bought because of {campaigns}").format(campaigns=listing(worked))
    text = _(
        "Percentage points by which a contact changed the share that bought (90% interval): {effects}."
    ).format(effects=_in_points(frame, names))
    return CampaignEffects(
        shown={"campaigns": frame[SHOWN]},
        text=text,
        found=Finding(
            "churn.campaigns", text, float(frame["effect"].max()), "share", good=bool(worked) or None
        ),
        claim=more if worked else _("No campaign is seen to have made more customers buy"),
        notes_on=tuple(notes),
        frame=frame,
        names=names,
        contacts=contacts[contacts["campaign"].isin(names)],
    )


def chance_of(effects: pd.DataFrame) -> float:
    """Return how often like effects would differ so much by chance: Cochran's Q (1954)."""
    weight = (2 * Z_90 / (effects["effect_high"] - effects["effect_low"])) ** 2
    off = effects["effect"] - np.average(effects["effect"], weights=weight)
    return float(stats.chi2.sf((weight * off**2).sum(), len(effects) - 1))


@dataclass(frozen=True, kw_only=True)
class RiskEffects(CampaignEffects):
    """The same of one campaign by the risk of no purchase on its day, the lowest first.

    ``frame`` has what `effect_of` gives of each third, from ``risk_low`` to ``risk_high``; ``differs`` says
    whether they differ by more than chance explains.
    """

    name: ClassVar[str] = "risk_effects"
    differs: bool


@or_not_possible
def effects_by_risk(
    effects: CampaignEffects, dataset: Dataset, window: int | None = None
) -> RiskEffects | NotPossible:
    """Measure the latest campaign to active customers by the risk that each had on its day.

    Of that risk a model learns from what was known on that day; of the activity ``window`` see `risk_on`.
    """
    if effects.for_active.empty:
        return NotPossible(_("No campaign with two groups alike was to active customers."))
    campaign = effects.for_active.iloc[0]
    risk = risk_on(replace(dataset, as_of=campaign["date"].date()), window)
    if isinstance(risk, NotPossible):
        return risk
    sent = effects.contacts[effects.contacts["campaign"] == campaign["campaign"]]
    sent = sent.assign(risk=sent["customer_id"].map(risk)).dropna(subset="risk")
    frame = pd.DataFrame(
        {"risk_low": part["risk"].min(), "risk_high": part["risk"].max()} | effect_of(part)
        for _third, part in sent.groupby(np.ceil(sent["risk"].rank(pct=True) * GROUPS))
        if MIN_ARM <= part["treated"].sum() <= len(part) - MIN_ARM
    )
    if len(frame) < 2:
        return NotPossible(_("Too few customers to see whether the effect differs by risk."))
    ends = frame[["risk_low", "risk_high"]].map(percent).to_numpy()
    names = [_("risk {low} to {high}").format(low=low, high=high) for low, high in ends]
    claim = _("{campaign}: no difference by risk is seen")
    reading = _("Chance explains these differences: whom it helps and whom it annoys is not known.")
    if differs := chance_of(frame) < DIFFERENT:
        claim = _("{campaign} did not change all customers alike")
        reading = _("The groups differ by more than chance explains.")
    changed = _("By risk, {campaign} changed the share that bought by so many points: {effects}.")
    changed = changed.format(campaign=campaign["campaign"], effects=_in_points(frame, names))
    return RiskEffects(
        shown={"risk_effects": frame[BY_RISK]},
        text=f"{changed} {reading}",
        claim=claim.format(campaign=campaign["campaign"]),
        notes_on=(f"{changed} {reading}",),
        frame=frame,
        names=names,
        contacts=sent,
        differs=differs,
    )


def risk_on(dataset: Dataset, window: int | None = None) -> pd.Series | NotPossible:
    """Return by customer_id the risk of no purchase of who is active on the last day of a data set.

    Where ``window`` is None, that of the data set counts, else the one that is found in what was known then.
    """
    pairs = dataset.query("purchase_gaps")
    active = activity_window(pairs, window or dataset.activity_window)
    seen = snapshots(dataset.sampled(), horizon(active, pairs, dataset.as_of))
    if isinstance(seen, NotPossible):
        return seen
    return risk_today(fit(seen, on="check"), seen, dataset)
