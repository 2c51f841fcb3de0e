"""What past campaigns changed: those contacted against a control group, chosen by lot and left alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import stats

from analysis.churn.horizon import horizon
from analysis.churn.model import fit
from analysis.churn.risks import Z_90
from analysis.churn.snapshots import snapshots
from analysis.dataset import Dataset
from analysis.language import _, listing, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import ActivityWindow, activity_window
from analysis.profitability.margins import choose_margins
from analysis.result import Finding, Result, currency_of
from analysis.statistics import share_difference

RESPONSE_DAYS = 60  # days after a contact in which a purchase counts as an answer
MIN_DAYS, MIN_ARM = 14, 30  # below that a campaign is too young, or its groups too small
GROUPS, DIFFERENT = 3, 0.1  # by risk; they differ if chance would make them differ so much less often
BEFORE = ["days_since_last", "purchase_days", "net_sales_before"]


def campaign_contacts(dataset: Dataset, days: int = RESPONSE_DAYS) -> pd.DataFrame | NotPossible:
    """Return whom each campaign was for, as they were before, and what they did in the ``days`` after.

    Returns
    -------
    pandas.DataFrame or NotPossible
        One row per campaign and customer: ``campaign``, ``date``, ``customer_id``, ``treated`` (otherwise
        left alone), ``cost`` of the contact, ``days`` after it that are known; ``days_since_last``,
        ``purchase_days`` and ``net_sales_before`` (in a year) on its day; ``bought`` and ``margin`` after it.
    """
    rows = dataset.query("campaign_contacts", days=days) if "campaigns" in dataset.tables else pd.DataFrame()
    if rows.empty:
        return NotPossible(
            _(
                "There are no campaigns in these data: a table 'campaigns' with customer_id, date and arm "
                "(treated, or control: chosen alike but left alone) would show what a contact changes."
            )
        )
    rates = choose_margins(dataset.query("customer_margins")).of(rows["customer_id"])
    name = rows["campaign_id"].fillna(rows["date"].dt.strftime("%Y-%m-%d"))
    kind = rows.groupby(name)["kind"].transform("first")
    without_cost = rows["net_sales"] - rows["net_sales_with_cost"]
    return rows[["date", "customer_id", "cost", "purchase_days", "net_sales_before"]].assign(
        campaign=name.where(kind.isna() | (name == kind), name + " · " + kind),
        treated=rows["treated"].astype(bool),
        days=(pd.Timestamp(dataset.as_of) - rows["date"]).dt.days.clip(upper=days),
        days_since_last=(rows["date"] - rows["last_purchase"]).dt.days,
        bought=rows["bought"].astype(bool),
        margin=rows["net_sales_with_cost"] - rows["goods_cost"].fillna(0.0) + without_cost * rates,
    )


def effect_of(contacts: pd.DataFrame) -> dict[str, float]:
    """Compare those contacted with those left alone.

    Returns
    -------
    dict
        ``treated`` and ``control``, customers; ``bought_treated`` and ``bought_control``, shares of them;
        ``effect``, the difference, with its 90 % interval ``effect_low``, ``effect_high`` (Newcombe 1998).
    """
    arm = contacts["treated"]
    sizes, shares = (int(arm.sum()), int((~arm).sum())), contacts["bought"].groupby(arm).mean()
    low, high = share_difference((shares[True], sizes[0]), (shares[False], sizes[1]), Z_90)
    return {
        "treated": sizes[0],
        "control": sizes[1],
        "bought_treated": shares[True],
        "bought_control": shares[False],
        "effect": shares[True] - shares[False],
        "effect_low": low,
        "effect_high": high,
    }


def success_of(effects: pd.DataFrame) -> pd.DataFrame:
    """Return for each effect how many did buy of those who would not have.

    Returns
    -------
    pandas.DataFrame
        ``success``, the effect ÷ the share of the control group that did not buy, with its 90 % interval
        ``low`` to ``high``; below 0 where fewer bought.
    """
    absent = (1 - effects["bought_control"]).clip(lower=1 / effects["control"])
    ends = {"success": "effect", "low": "effect_low", "high": "effect_high"}
    return pd.DataFrame({name: effects[end] / absent for name, end in ends.items()})


def margin_effect_of(contacts: pd.DataFrame) -> dict[str, float]:
    """Return by how much margin per customer differs, with Welch's 90 % interval (1947)."""
    arms = contacts["margin"].groupby(contacts["treated"]).agg(["mean", "var", "size"])
    parts = arms["var"] / arms["size"]
    freedom = parts.sum() ** 2 / max((parts**2 / (arms["size"] - 1)).sum(), np.finfo(float).tiny)
    mean = float(arms["mean"][True] - arms["mean"][False])
    half = float(np.sqrt(parts.sum()) * stats.t.ppf(0.95, max(freedom, 1.0)))
    return {"margin_effect": mean, "margin_low": mean - half, "margin_high": mean + half}


def differences_before(contacts: pd.DataFrame) -> dict[str, float]:
    """Return how far the two groups were apart before: of each measure, in standard deviations (Austin 2009).

    ``allowed`` is the largest difference that 99 of 100 lots leave, and at least 0.1.
    """
    one, other = (contacts.loc[contacts["treated"] == arm, BEFORE].astype(float) for arm in (True, False))
    apart = (one.mean() - other.mean()) / np.sqrt((one.var() + other.var()) / 2).replace(0.0, np.nan)
    allowed = max(0.1, float(stats.norm.ppf(0.995)) * np.sqrt(1 / len(one) + 1 / len(other)))
    return {name: float(apart.fillna(0.0)[name]) for name in BEFORE} | {"allowed": allowed}


@dataclass(frozen=True)
class CampaignEffects(Result):
    """What each past campaign with a control group changed.

    Attributes
    ----------
    frame
        One row per campaign, the oldest first: ``campaign``, ``date``, ``days`` after it that count; what
        `effect_of` and `margin_effect_of` give; mean ``cost`` of a contact, where known; ``active_share``,
        share of its customers active on its day; ``balanced``, whether the groups were alike before.
    before
        By ``campaign``, what `differences_before` gives.
    contacts
        What `campaign_contacts` gives of these campaigns.
    left_out
        Why others cannot be measured, a sentence each.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "campaign_effects"
    frame: pd.DataFrame
    before: pd.DataFrame
    contacts: pd.DataFrame = field(repr=False)
    left_out: tuple[str, ...] = ()
    currency: str | None = None

    @property
    def for_active(self) -> pd.DataFrame:
        """The latest campaign with groups alike, most of them active on its day: its row, or none."""
        return self.frame[self.frame["balanced"] & (self.frame["active_share"] >= 0.5)].tail(1)

    def title(self) -> str:
        """Return which campaigns made more customers buy."""
        worked = self.frame.loc[self.frame["effect_low"] > 0, "campaign"].tolist()
        if not worked:
            return _("No campaign is seen to have made more customers buy")
        return _("More customers bought because of {campaigns}").format(campaigns=listing(worked))

    def sentence(self) -> str:
        """Return what each campaign changed."""
        return _(
            "Against those left alone, a contact changed the share that bought by so many percentage points "
            "(90% interval): {effects}."
        ).format(effects=_listed(self.frame, self.frame["campaign"].tolist()))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the campaigns, and how far their groups were apart before."""
        shown = self.frame.drop(columns=["active_share", "balanced"])
        return {"campaigns": shown, "campaign_balance": self.before.assign(balanced=self.frame["balanced"])}

    def findings(self) -> list[Finding]:
        """Return what the campaigns changed."""
        return [Finding("churn.campaigns", self.sentence(), float(self.frame["effect"].max()), "share")]

    def notes(self) -> list[str]:
        """Say what was left out, whose groups were not alike, and what is known in money."""
        said = list(self.left_out)
        if unlike := self.frame.loc[~self.frame["balanced"], "campaign"].tolist():
            message = _(
                "Beware: in {campaigns} the groups differed before the contact by more than a lot explains: "
                "what came after may be that difference, and is used for nothing here."
            )
            said.append(message.format(campaigns=listing(unlike)))
        last = self.frame.iloc[-1]
        message = _(
            "In money less is certain, since a few large purchases decide it: {campaign} changed the margin "
            "by {margin} per customer contacted (90% interval {low} to {high})."
        )
        names = {"margin": "margin_effect", "low": "margin_low", "high": "margin_high"}
        amounts = {name: money(last[of], self.currency, 2) for name, of in names.items()}
        return [*said, message.format(campaign=last["campaign"], **amounts)]


def _listed(effects: pd.DataFrame, names: list[str]) -> str:
    """Return effects in percentage points, each with its interval, by name."""
    signed = [
        [f"{'+' if share > 0 else ''}{number(100 * share, 1)}" for share in shares]
        for shares in effects[["effect", "effect_low", "effect_high"]].to_numpy()
    ]
    each = zip(names, signed, strict=True)
    said = [
        _("{name} {effect} ({low} to {high})").format(name=name, effect=effect, low=low, high=high)
        for name, (effect, low, high) in each
    ]
    return listing(said)


@or_not_possible
def campaign_effects(contacts: pd.DataFrame, window: ActivityWindow) -> CampaignEffects | NotPossible:
    """Measure what each campaign changed, where some of those it was for were left alone.

    Parameters
    ----------
    contacts
        The result of `campaign_contacts`.
    window
        The activity window.

    Returns
    -------
    CampaignEffects or NotPossible
        Not possible where no campaign had 30 customers contacted, 30 left alone and 14 days to answer.
    """
    rows, before, left_out = [], [], []
    for campaign in contacts.groupby("campaign")["date"].min().sort_values(kind="stable").index:
        those = contacts[contacts["campaign"] == campaign]
        if reason := _why_not(campaign, those):
            left_out.append(reason)
            continue
        apart = differences_before(those)
        before.append({"campaign": campaign} | apart)
        rows.append(
            {"campaign": campaign, "date": those["date"].min(), "days": int(those["days"].max())}
            | effect_of(those)
            | margin_effect_of(those)
            | {
                "cost": those.loc[those["treated"], "cost"].mean(),
                "active_share": float((those["days_since_last"] <= window.days).mean()),
                "balanced": all(abs(apart[name]) <= apart["allowed"] for name in BEFORE),
            }
        )
    if not rows:
        return NotPossible(" ".join(left_out))
    frame = pd.DataFrame(rows)
    kept = contacts[contacts["campaign"].isin(frame["campaign"])]
    return CampaignEffects(frame, pd.DataFrame(before), kept, tuple(left_out), currency_of(contacts))


def _why_not(campaign: str, contacts: pd.DataFrame) -> str:
    """Say why a campaign cannot be measured; nothing where it can."""
    treated, days = int(contacts["treated"].sum()), int(contacts["days"].max())
    control = len(contacts) - treated
    if control == 0:
        message = _(
            "{campaign} has no control group, so nobody knows what those contacted would have bought anyway: "
            "leave a part of the list alone next time, chosen by lot."
        )
    elif min(treated, control) < MIN_ARM or days < MIN_DAYS:
        message = _(
            "{campaign} has {treated} customers contacted and {control} left alone, {days} days ago: it "
            "takes {least} of each, and {least_days} days, to tell an effect from chance."
        )
    else:
        return ""
    numbers = {"treated": treated, "control": control, "days": days, "least": MIN_ARM, "least_days": MIN_DAYS}
    return message.format(campaign=campaign, **{name: number(value) for name, value in numbers.items()})


def effects_by(contacts: pd.DataFrame, groups: pd.Series) -> pd.DataFrame | NotPossible:
    """Measure the effect of a campaign in each group of its customers: by risk, by segment, or another.

    Parameters
    ----------
    contacts
        Rows of `campaign_contacts` of one campaign.
    groups
        By ``customer_id``: its group before the contact; who is in none is left out.

    Returns
    -------
    pandas.DataFrame or NotPossible
        One row per ``group`` with 30 contacted and 30 left alone, with what `effect_of` gives. Not possible
        with fewer than two such groups.
    """
    group = contacts["customer_id"].map(groups)
    arms = contacts["treated"].groupby(group).agg(["sum", "size"])
    enough = arms.index[np.minimum(arms["sum"], arms["size"] - arms["sum"]) >= MIN_ARM]
    if len(enough) < 2:
        return NotPossible(
            _(
                "Too few customers to see whether the effect differs between groups: it takes {least} "
                "contacted and {least} left alone in each of two."
            ).format(least=MIN_ARM)
        )
    return pd.DataFrame([{"group": one} | effect_of(contacts[group == one]) for one in enough])


def chance_of(effects: pd.DataFrame) -> float:
    """Return how often like effects would differ so much by chance: Cochran's Q (1954)."""
    weight = (2 * Z_90 / (effects["effect_high"] - effects["effect_low"])) ** 2
    mean = (weight * effects["effect"]).sum() / weight.sum()
    return float(stats.chi2.sf((weight * (effects["effect"] - mean) ** 2).sum(), len(effects) - 1))


@dataclass(frozen=True)
class RiskEffects(Result):
    """What a campaign to active customers changed, by the risk of no purchase they had on its day.

    Attributes
    ----------
    frame
        One row per third of its customers, the lowest risk first: ``risk_low`` and ``risk_high``, the ends of
        the risk in it; what `effect_of` gives.
    campaign, chance
        Its name; what `chance_of` gives.
    """

    name: ClassVar[str] = "risk_effects"
    frame: pd.DataFrame
    campaign: str
    chance: float

    @property
    def differs(self) -> bool:
        """Whether the groups differ by more than chance explains."""
        return self.chance < DIFFERENT

    @property
    def bands(self) -> list[str]:
        """The ends of each group's risk, in words."""
        ends = self.frame[["risk_low", "risk_high"]].to_numpy()
        return [_("{low} to {high}").format(low=percent(low), high=percent(high)) for low, high in ends]

    def success(self, risk: pd.Series) -> pd.DataFrame:
        """Return what `success_of` gives of the group of each risk."""
        place = np.searchsorted(self.frame["risk_high"].to_numpy()[:-1], risk.to_numpy())
        return success_of(self.frame).iloc[place].set_axis(risk.index)

    def title(self) -> str:
        """Return in how many groups the contact is seen to have helped, and to have annoyed."""
        if not self.differs:
            return _("{campaign}: no difference by risk is seen").format(campaign=self.campaign)
        return _("{campaign} helped {helped} of {groups} groups by risk, and annoyed {annoyed}").format(
            campaign=self.campaign,
            helped=number((self.frame["effect_low"] > 0).sum()),
            groups=number(len(self.frame)),
            annoyed=number((self.frame["effect_high"] < 0).sum()),
        )

    def sentence(self) -> str:
        """Return the effect in each group, and whether the groups differ."""
        message = (
            _(
                "By risk, {campaign} changed the share that bought by so many points: {effects}. The groups "
                "differ by more than chance explains."
            )
            if self.differs
            else _(
                "By risk, {campaign} changed the share that bought by so many points: {effects}. Chance "
                "explains these differences: whom it helps and whom it annoys is not known."
            )
        )
        return message.format(campaign=self.campaign, effects=_listed(self.frame, self.bands))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"risk_effects": self.frame}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


@or_not_possible
def effects_by_risk(
    effects: CampaignEffects, dataset: Dataset, window: int | None = None
) -> RiskEffects | NotPossible:
    """Measure the latest campaign to active customers by the risk that each had on its day.

    Parameters
    ----------
    effects
        The result of `campaign_effects`.
    dataset
        The data set: a model learns from what was known on the day of the campaign.
    window
        Days without a purchase after which a customer is inactive; None: from the data of that day.
    """
    if effects.for_active.empty:
        return NotPossible(_("No campaign with two groups alike was to active customers."))
    campaign = effects.for_active.iloc[0]
    contacts = effects.contacts[effects.contacts["campaign"] == campaign["campaign"]]
    risk = risk_on(replace(dataset, as_of=campaign["date"].date()), window)
    if isinstance(risk, NotPossible):
        return risk
    risk = risk[risk.index.isin(contacts["customer_id"])]
    ends = np.unique(np.quantile(risk, np.arange(1, GROUPS) / GROUPS)) if len(risk) else np.zeros(0)
    place = pd.Series(np.searchsorted(ends, risk), risk.index)
    found = effects_by(contacts, place)
    if isinstance(found, NotPossible):
        return found
    spans = risk.groupby(place).agg(risk_low="min", risk_high="max")
    frame = spans.loc[found["group"]].reset_index(drop=True).join(found.drop(columns="group"))
    return RiskEffects(frame, campaign["campaign"], chance_of(frame))


def risk_on(dataset: Dataset, window: int | None = None) -> pd.Series | NotPossible:
    """Return by customer_id the risk of no purchase of who is active on the last day of a data set."""
    pairs = dataset.query("purchase_gaps")
    seen = snapshots(dataset, horizon(activity_window(pairs, window), pairs, dataset.as_of))
    if isinstance(seen, NotPossible):
        return seen
    model = fit(seen, on="check")
    if isinstance(model, NotPossible):
        return model
    return pd.Series(model.risk(seen.today), pd.Index(seen.today["customer_id"]), name="risk")
