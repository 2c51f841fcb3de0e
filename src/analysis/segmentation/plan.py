"""What to do with each segment, and the list of customers to do it with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.language import _, money, ngettext, number
from analysis.not_possible import or_not_possible
from analysis.owners import named
from analysis.result import LISTED, Listed, only_first
from analysis.segmentation.rfm import Rfm

if TYPE_CHECKING:
    from analysis.dataset import Dataset

ACTIONS = ("aim", "treatment", "channel", "contact")


@or_not_possible
def plan(scored: Rfm, dataset: Dataset) -> Listed:
    """Return what to do with each segment, as its rule says, and the list of customers to do it with.

    The list goes by owner, then by segment, the best first, then by net sales.
    """
    segments = scored.scoring.table
    told = pd.DataFrame(
        {key: [segment.said(text) for text in ACTIONS] for key, segment in segments.items()}, list(ACTIONS)
    ).T
    sizes = scored.sizes()[["segment", "customers", "net_sales"]].set_index(told.index)
    columns = ["customer_id", "segment", "days_since_last", "net_sales"]
    found = named(dataset, scored.customers[columns])
    places = pd.Categorical(found["segment"], list(segments)).codes
    keys = [-found["net_sales"].to_numpy(np.float64), places]
    if "owner" in found:
        owners = pd.Categorical(found["owner"]).codes.astype(np.int64)  # -1: nobody, who comes last
        keys.append(np.where(owners < 0, len(found), owners))
    ordered = found.iloc[np.lexsort(keys)[:LISTED]].reset_index(drop=True)
    ordered["segment"] = ordered["segment"].astype("str")
    listed = ordered.join(told, on="segment").replace({"segment": scored.names})

    away = sizes.loc[[key for key, one in segments.items() if one.is_away]].query("customers > 0")
    said = _("All customers have bought lately: the plan is to keep them buying.")
    if len(away):
        key = str(away["net_sales"].idxmax())
        count, total = int(away["customers"][key]), float(away["net_sales"][key])
        said = ngettext(
            "Of the segments that have not bought lately, '{segment}' holds most money: {count} customer who "
            "bought for {money}.",
            "Of the segments that have not bought lately, '{segment}' holds most money: {count} customers "
            "who bought for {money}.",
            count,
        ).format(segment=scored.names[key], count=number(count), money=money(total, dataset.currency))
        if aim := segments[key].said("aim"):
            said = _("{said} Aim: {aim}.").format(said=said, aim=aim)
    notes = tuple(only_first(len(found)))
    return Listed({"plan": sizes.join(told), "plan_list": listed}, said, notes_on=notes)
