"""Leads: after how long they become customers, which of the open ones will, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from threadpoolctl import threadpool_limits

from analysis.acquisition.funnel import LEAST, STAGES, lead_steps, stage_name
from analysis.churn import kaplan_meier
from analysis.churn.evaluation import compared, error_by_chance
from analysis.language import N_, _, listing, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.portfolio.mix import dimension_names
from analysis.profitability.margins import Margins, choose_margins
from analysis.result import Finding, Listed
from analysis.statistics import Floats, wilson

if TYPE_CHECKING:
    from analysis.dataset import Dataset

MIN_OF_EACH = 10  # won, and not won, to learn and to check a model
WORDS = ("channel", "sector", "region", "type", "size", "interest")
NUMBERS = ("age", "stage_days", "worth")
RULES = {"share": (), "interest": ("interest",), "model": (*WORDS, "at_stage", *NUMBERS)}
HOT, COLD = 1.5, 0.5  # times the usual chance from which a lead is hot, and below which it is cold
SAID = {"hot": N_("hot"), "warm": N_("warm"), "cold": N_("cold")}
TOLD = (
    *("lead_id", "name", "owner", "chance", "class", "expected_value", "reasons", "next_action"),
    *("value_if_won", "interest", "stage", "created", "channel", "sector", "region", "type", "size"),
)


def lead_history(dataset: Dataset) -> pd.DataFrame | NotPossible:
    """Return the leads of `lead_steps`, but for those won on an unknown day.

    One given up on an unknown day counts as given up as long after its last step as it takes to win one.
    """
    frame = lead_steps(dataset)
    if isinstance(frame, NotPossible):
        return frame
    frame = frame[frame["won"].notna() | frame["outcome"].ne("won")].reset_index(drop=True)
    took, step = frame["won"] - frame["created"], frame[["created", "qualified", "advanced"]].max(axis=1)
    given_up = (step + took.median()).where(frame["outcome"].eq("lost"))
    given_up = given_up.clip(upper=pd.Series(pd.Timestamp(dataset.as_of), frame.index))
    frame["lost"] = frame["lost"].fillna(given_up).where(frame["won"].isna())
    decided, won = int(frame[["won", "lost"]].notna().sum().sum()), int(frame["won"].notna().sum())
    if decided < LEAST or not won:
        message = _(
            "It takes {needed} leads won or given up, of which at least one was won on a known day (here: "
            "{found}, of which {won})."
        )
        return NotPossible(message.format(needed=LEAST, found=number(decided), won=number(won)))
    return frame


@dataclass(frozen=True, kw_only=True)
class ConversionCurve(Listed):
    """By days, the share ``won``, with its 95 % interval ``low`` to ``high``, and the share ``lost``."""

    name: ClassVar[str] = "conversion_curve"
    is_drawn: ClassVar[bool] = True
    curve: pd.DataFrame = field(repr=False)


def conversion_curve(dataset: Dataset) -> ConversionCurve | NotPossible:
    """Return what share of leads are customers so many days after they came in, up to the last one won.

    An open lead counts up to its age. So does one given up, which is known not to have been won: that makes
    1 − Kaplan–Meier the cumulative incidence, where to leave it out from that day on would promise too much.
    """
    leads = lead_history(dataset)
    if isinstance(leads, NotPossible):
        return leads
    age = (pd.Timestamp(dataset.as_of) - leads["created"]).dt.days
    won, lost = (
        1
        - kaplan_meier(pd.DataFrame({"months": days.fillna(age), "ended": days.notna()})).set_index("months")
        for days in ((leads[end] - leads["created"]).dt.days.clip(lower=0) for end in ("won", "lost"))
    )
    curve = pd.DataFrame({"won": won["share"], "low": won["high"], "high": won["low"], "lost": lost["share"]})
    curve = curve.ffill().fillna(0.0).loc[: (leads["won"] - leads["created"]).max().days]
    last, end = curve.iloc[-1], curve.index[-1]
    half = number(curve.index[curve["won"] >= last["won"] / 2][0])
    table = curve.reindex([*(day for day in (15, 30, 60, 90, 180, 365) if day < end), end], method="ffill")
    text = _(
        "Of 100 leads {won} become customers, half of these within {half} days and the last after {days}; "
        "{lost} are given up by then."
    ).format(
        **{name: number(100 * last[name]) for name in ("won", "lost")},
        **{"days": number(end), "half": half},
    )
    found = Finding("acquisition.conversion", text, float(last["won"]), "share")
    claim = _("{share} of leads become customers, half of them within {half} days")
    claim = claim.format(share=percent(last["won"], 1), half=half)
    return ConversionCurve(
        {"conversion_curve": table.rename_axis("days").reset_index()}, text, found, claim, curve=curve
    )


@dataclass(frozen=True, kw_only=True)
class LeadScores(Listed):
    """The open ``leads``, most expected value first.

    ``chance`` is that of being won within the ``horizon``, the days by which 95 % of those won had been, in
    full 30s; ``value_if_won`` is the margin of the first twelve months then, in money; ``class`` is hot from
    1.5 times the usual chance on, cold below half of it, else warm. Chances are by ``rule``: ``share``,
    ``interest`` or ``model``; ``check`` has the leads of the check, ``goal`` (whether won) and what each rule
    gave them, where there were enough.
    """

    name: ClassVar[str] = "lead_scores"
    leads: pd.DataFrame = field(repr=False)
    horizon: int
    rule: str
    check: pd.DataFrame = field(repr=False)


def lead_scores(dataset: Dataset, margins: Margins | None = None) -> LeadScores | NotPossible:
    """Return the chance and the expected value of each open lead.

    Leads are taken as they stood on days 15 apart, so that those open for long count as such. One chance for
    all, one for each degree of interest, and a logistic regression learn from what was known when the check
    begins: that is of the leads open on up to eight days, one horizon apart, the last a horizon ago. The
    simplest rule that is not behind the best by more than chance, in Brier score or in order (AUC), learns
    anew from the newest outcomes.
    """
    history = lead_history(dataset)
    if isinstance(history, NotPossible):
        return history
    today, took = pd.Timestamp(dataset.as_of), (history["won"] - history["created"]).dt.days
    horizon = 30 * int(np.clip(np.ceil(took.quantile(0.95) / 30), 1, 12))
    ahead = pd.Timedelta(days=horizon)
    known = history[history["created"] <= today - ahead].assign(goal=took <= horizon)
    now = standing(history, [today], horizon)
    if len(known) < LEAST or now.empty:
        message = _(
            "To score leads takes an open one, and {needed} that came in {days} days ago or earlier, by when "
            "most are decided (here: {open} and {known})."
        )
        counts = {"open": number(len(now)), "known": number(len(known))}
        return NotPossible(message.format(needed=LEAST, days=horizon, **counts))
    check, newest, rule, checked = _tried(history, today, horizon)
    chance, usual = chances(newest, now, RULES[rule]), float(newest["goal"].mean())
    if_won, basis = _value_if_won(dataset, now, margins or choose_margins(dataset.query("customer_margins")))
    found = now.rename(columns={"salesperson": "owner"}).assign(
        chance=chance,
        value_if_won=if_won,
        expected_value=chance * if_won,
        reasons=_reasons(dataset, now, known, [name for name in WORDS if name in RULES[rule]]),
        **{"class": np.select([chance >= HOT * usual, chance < COLD * usual], ["hot", "cold"], "warm")},
    )
    found = found.sort_values(["expected_value", "chance"], ascending=False, kind="stable", ignore_index=True)
    leads = found[[name for name in TOLD if found[name].notna().any()]]
    value, worth = float(found["expected_value"].sum()), ""
    if "expected_value" in leads:
        worth = _(", with a margin of {value} in their first twelve months")
        worth = worth.format(value=money(value, dataset.currency))
    text = _("Of {open} open leads {won} are expected to become customers within {days} days{worth}.")
    counts = {"open": number(len(leads)), "won": number(chance.sum())}
    text = text.format(**counts, days=horizon, worth=worth)
    action = _("See in the action plan which of them it pays to call.")
    scored = Finding(
        "acquisition.lead_scores", text, float(chance.sum()), "leads", value or None, action=action
    )
    rates, called = _called(known, horizon)
    return LeadScores(
        {"lead_scores": _in_words(dataset, leads), "lead_interest": _in_words(dataset, rates)},
        text,
        scored,
        notes_on=(checked, called, basis),
        leads=leads,
        horizon=horizon,
        rule=rule,
        check=check,
    )


def standing(leads: pd.DataFrame, days: Iterable[pd.Timestamp], horizon: int) -> pd.DataFrame:
    """Return the leads open on each day as they stood then, and whether each was won within the horizon.

    ``at_stage``, and ``stage_days`` at it, are of the steps known by then; ``age`` is days since it came in;
    ``worth`` is the logarithm of its estimated value, of 1 where not known.
    """
    ended = leads[["won", "lost"]].min(axis=1)
    parts = [leads[(leads["created"] <= day) & ~(ended <= day)].assign(day=day) for day in days]
    rows = pd.concat(parts, ignore_index=True)
    day, qualified, advanced = rows["day"], rows["qualified"] <= rows["day"], rows["advanced"] <= rows["day"]
    since = rows["advanced"].where(advanced, rows["qualified"].where(qualified, rows["created"]))
    return rows.assign(
        at_stage=np.select([advanced, qualified], ["potential", "prospect"], "lead"),
        stage_days=(day - since).dt.days.astype(float),
        age=(day - rows["created"]).dt.days.astype(float),
        worth=np.log1p(rows["estimated_value"].astype(float).clip(lower=0).fillna(0)),
        goal=rows["won"] <= day + pd.Timedelta(days=horizon),
    )


def chances(learn: pd.DataFrame, of: pd.DataFrame, features: Sequence[str]) -> Floats:
    """Return the chance of each lead by these features, as learned from others; by none, their share won."""
    if not features:
        return np.full(len(of), learn["goal"].mean())
    words = [name for name in features if name not in NUMBERS]
    seen, told = (rows[[*features]].fillna(dict.fromkeys(words, "")) for rows in (learn, of))
    numbers = [name for name in NUMBERS if name in features]
    told[numbers] = told[numbers].clip(upper=seen[numbers].max(), axis=1)  # nothing beyond what was seen
    coded = OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False)
    model = make_pipeline(
        make_column_transformer(
            (coded, words),
            remainder=make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False)),
        ),
        LogisticRegression(max_iter=1_000),
    )
    with threadpool_limits(1):  # the same to the last digit on any machine
        return np.asarray(model.fit(seen, learn["goal"]).predict_proba(told)[:, 1], dtype=float)


def _tried(
    history: pd.DataFrame, today: pd.Timestamp, horizon: int
) -> tuple[pd.DataFrame, pd.DataFrame, str, str]:
    """Return the leads of the check, those to learn from now, the rule to take, and how good it was."""
    ahead = pd.Timedelta(days=horizon)
    times = int(np.clip((today - history["created"].min()) // ahead // 2, 1, 8))
    check = standing(history, [today - n * ahead for n in range(1, times + 1)], horizon)
    learn, newest = (
        standing(history, pd.date_range(end=today - n * ahead, periods=60, freq="15D"), horizon)
        for n in (times + 1, 1)
    )
    if min(min(part["goal"].sum(), (~part["goal"]).sum()) for part in (learn, check)) < MIN_OF_EACH:
        return check, newest, "share", _("All have the same chance, as too few are decided to check a model.")
    check = check.assign(**{name: chances(learn, check, seen) for name, seen in RULES.items()})
    contest = compared(check["goal"].to_numpy(bool), check[[*RULES]])[0]
    least = contest.sort_values("brier")["auc_low"].iloc[0]
    rule = str(contest.index[~(contest["is_behind"] | (contest["auc_high"] < least))][0])
    best = contest.loc[[rule]].to_dict("records")[0]
    off = error_by_chance(check[rule].to_numpy(float))
    text = _(
        "{rule}: at the check on {leads} earlier leads it told, of one won and one not, which is which {auc} "
        "of the time ({low} to {high}), interest alone {interest}; its chances were off by {error} on "
        "average, where true ones would be by up to {by_chance}."
    ).format(
        rule={
            "share": _("All have the same chance, as nothing was better by more than chance"),
            "interest": _("Interest alone gives the chances, as no model was better by more than chance"),
            "model": _("A model gives the chances"),
        }[rule],
        **{"auc": percent(best["auc"]), "low": percent(best["auc_low"]), "high": percent(best["auc_high"])},
        **{"leads": number(len(check)), "interest": percent(float(contest["auc"]["interest"]))},
        **{"error": percent(best["ece"], 1), "by_chance": percent(off, 1)},
    )
    return check, newest, rule, text


def _value_if_won(dataset: Dataset, now: pd.DataFrame, margins: Margins) -> tuple[pd.Series, str]:
    """Return the margin of the first twelve months of each lead if won, and say how it comes about."""
    earlier = dataset.query("lead_first_year").astype({"first_year": float, "estimated_value": float})
    earlier = earlier[earlier["won"] <= pd.Timestamp(dataset.as_of) - pd.Timedelta(days=365)]
    both = earlier[earlier["estimated_value"] > 0]
    bought = both["first_year"].sum() / both["estimated_value"].sum() if len(both) >= MIN_OF_EACH else 1.0
    value = (now["estimated_value"].astype(float) * bought).fillna(earlier["first_year"].mean())
    basis = _(
        "If won, a lead is worth its estimate × {bought} × a margin of {rate}{assumed}: {leads} won a year "
        "ago or earlier bought that share of their estimates in the first year (fewer than {least} would "
        "count as 100%). One without an estimate counts as what they bought on average."
    ).format(
        **{"bought": percent(bought), "leads": number(len(both)), "least": MIN_OF_EACH},
        **{"rate": percent(margins.rate), "assumed": margins.assumed()},
    )
    return value * margins.rate, basis


def _rates(known: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return by value of a column how many leads there were, the share won, and its 95 % interval."""
    table = pd.DataFrame(known.groupby(name)["goal"].agg(leads="size", share="mean"))
    low, high = wilson(table["share"], table["leads"])
    return table.assign(low=low, high=high)


def _called(known: pd.DataFrame, horizon: int) -> tuple[pd.DataFrame, str]:
    """Return what became of the leads called hot, warm and cold, as a table and in words."""
    rates = _rates(known, "interest").reindex([*SAID]).dropna()
    text = _("Of all earlier leads {share} were won within {days} days. {called}")
    shares = zip(rates.index, rates["share"], rates["low"], rates["high"], strict=True)
    said = [
        f"{_(SAID[word])} {percent(one)} ({percent(low)}–{percent(high)})" for word, one, low, high in shares
    ]
    called = _("By what salespeople call them: {shares}.").format(shares=listing(said)) if said else ""
    text = text.format(share=percent(known["goal"].mean()), days=horizon, called=called)
    return rates.reset_index(), text.strip()


def _reasons(dataset: Dataset, now: pd.DataFrame, known: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return the stage of each lead, and two things with their shares won, if far off beyond chance."""
    labels = dimension_names() | {"interest": _("Interest")}
    usual, apart, texts = known["goal"].mean(), {}, []
    for name in names:
        rates = _rates(known, name)
        for value, share in rates.loc[(rates["low"] > usual) | (rates["high"] < usual), "share"].items():
            said = _("{feature} {value} ({share})").format(
                feature=labels[name].lower(),
                value=_(SAID[str(value)]) if value in SAID else value,
                share=percent(share),
            )
            apart[name, value] = abs(share - usual), said
    for row in now.to_dict("records"):
        days = int(row["stage_days"])
        stage = ngettext("{stage} for {days} day", "{stage} for {days} days", days)
        told = sorted((apart[name, row[name]] for name in names if (name, row[name]) in apart), reverse=True)
        stage = stage.format(stage=stage_name(dataset, row["at_stage"]), days=number(days))
        texts.append("; ".join([stage, *(said for _gap, said in told[:2])]))
    return texts


def _in_words(dataset: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with stage, interest and class in the reader's, or the company's, words."""
    said = {word: _(one) for word, one in SAID.items()} | {one: stage_name(dataset, one) for one in STAGES}
    return rows.assign(
        **{name: rows[name].map(said) for name in ("stage", "interest", "class") if name in rows}
    )
