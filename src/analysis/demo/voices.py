"""What customers answer when asked whether they would recommend the company."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.behaviour import Behaviour
from analysis.demo.demo_people import People
from analysis.demo.text import picked, words

_ASKED_PER_YEAR = 1.3
_ANSWERED = 0.38
_COMMENTED = 0.35
_COMMENTS = (
    "El pedido llegó tarde y nadie avisó", "Siempre con retraso, así no podemos trabajar",
    "Prometieron 48 horas y tardó más de una semana", "La entrega se retrasa demasiado",
    "Precios altos y poca atención", "Nadie coge el teléfono", "Me equivocaron el material",
    "Cuesta mucho que abonen una devolución", "El comercial ya no nos visita",
    "Bien, aunque la web es mejorable", "Correcto, sin más", "Buen género, precios algo altos",
    "Falta variedad en algunas familias", "Todo bien salvo el embalaje",
    "Muy buen servicio", "Rápidos y atentos", "El comercial conoce lo que necesitamos",
    "Siempre tienen lo que busco", "Buena relación calidad precio", "Los recomiendo a todos mis conocidos",
)  # fmt: skip
_RANGES = np.array([[0, 4], [4, 9], [9, 14], [14, 20]])
"""Positions of comments on: lateness, other complaints, neither good nor bad, praise."""


def surveys(
    people: People, behaviour: Behaviour, ids: pd.Series, stream: np.random.SeedSequence
) -> tuple[pd.DataFrame, pd.Series]:
    """Ask after some purchases; not everybody answers.

    Returns
    -------
    tuple of DataFrame and Series
        The answers, and with the same index each one's true satisfaction on that day.
    """
    rng = np.random.default_rng(stream)
    orders = behaviour.orders
    rate = people.frame["rate"].to_numpy()[orders["customer"]]
    asked = rng.random(len(orders)) < np.minimum(0.35, _ASKED_PER_YEAR / rate)
    chosen = np.flatnonzero(asked & (rng.random(len(orders)) < _ANSWERED))
    day = orders["day"].to_numpy()[chosen] + 8 + rng.integers(0, 8, len(chosen))
    customer = orders["customer"].to_numpy()[chosen]
    satisfaction = orders["satisfaction"].to_numpy()[chosen]
    score = np.clip(np.rint(satisfaction + rng.normal(0.1, 0.9, len(chosen))), 0, 10).astype(np.int64)
    late = orders["delivery"].to_numpy()[chosen] > 5
    topic = np.select([late & (score <= 6), score <= 6, score <= 8], [0, 1, 2], 3)
    low, high = _RANGES[topic].T
    comment = (low + (high - low) * rng.random(len(chosen))).astype(int)
    comment = np.where(rng.random(len(chosen)) < _COMMENTED, comment, -1)
    table = pd.DataFrame(
        {
            "customer_id": picked(ids, customer),
            "date": world.happened(day),
            "score": score,
            "comment": words(comment, _COMMENTS),
            "satisfaction": satisfaction,
        }
    )
    table = table.dropna(subset="date").drop_duplicates(["customer_id", "date"])
    table = table.sort_values(["date", "customer_id"], kind="stable", ignore_index=True)
    return table.drop(columns="satisfaction"), table["satisfaction"]
