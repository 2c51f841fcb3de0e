"""What the demo's company is like: its days, kinds of customer, sectors, regions, channels and salespeople.

An invented distributor of supplies for workshops and buildings, in Spain, that opened on 1 January 2022. What
a data file shows is in Spanish, as its program would export it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FIRST_DAY = np.datetime64("2022-01-01")
DAYS = 1461
"""Days simulated; day 0 is `FIRST_DAY`, the last one 31 December 2025."""
NEVER = 1 << 20
"""Day of what has not happened."""

JUNE, AUGUST = 5, 7
"""Positions of months in the year; see `month`."""
YEAR = 365.25
"""Days in the year that rates refer to."""

SHOP, ONLINE, FIELD = range(3)
CHANNELS = ("TIENDA", "ONLINE", "COMERCIAL")
SALESPEOPLE = ("V01", "V02", "V03", "V04", "V05", "V06")
SIZES = ("Micro", "Pequeña", "Mediana", "Grande")
CATEGORIES = (
    "Herramienta", "Ferretería", "Electricidad", "Iluminación",
    "Fontanería", "Climatización", "Pintura", "Protección laboral",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of customer: what is typical of it.

    Parameters
    ----------
    name
        As the data say it.
    share
        Of all customers.
    rate
        Median purchases per year.
    wallet
        Median of all it buys in a year, from whomever, in euros of 2022.
    lines
        Mean lines per order.
    regular
        Share that buys at regular intervals.
    leaving
        Median probability of leaving per year, at a satisfaction of 8, once it is no longer new.
    channels
        Shares that buy mainly in the shop, online and from a salesperson.
    terms
        Days to pay, and how often each; nothing where it pays at once.
    late
        Median days that it pays after the due date.
    acquired
        Shares by channel of acquisition, in the order of `ACQUISITION`.
    """

    name: str
    share: float
    rate: float
    wallet: float
    lines: float
    regular: float
    leaving: float
    channels: tuple[float, float, float]
    terms: tuple[tuple[int, float], ...]
    late: float
    acquired: tuple[float, ...]


CONSUMER, COMPANY, PUBLIC, DISTRIBUTOR, NON_PROFIT, FOREIGN = range(6)
KINDS = (
    Kind("Particular", 0.42, 1.6, 480, 1.9, 0.0, 0.34, (0.55, 0.45, 0.0),
         (), 0, (0.0, 0.30, 0.30, 0.0, 0.0, 0.18, 0.22)),
    Kind("Empresa", 0.38, 3.7, 2400, 2.7, 0.42, 0.15, (0.20, 0.25, 0.55),
         ((30, 0.75), (60, 0.25)), 6, (0.34, 0.22, 0.06, 0.14, 0.12, 0.12, 0.0)),
    Kind("Administración pública", 0.04, 3.5, 5200, 3.0, 0.55, 0.07, (0.05, 0.15, 0.80),
         ((30, 1.0),), 30, (0.60, 0.15, 0.0, 0.10, 0.10, 0.05, 0.0)),
    Kind("Distribuidor", 0.05, 7.5, 7500, 3.6, 0.60, 0.12, (0.0, 0.30, 0.70),
         ((30, 0.45), (60, 0.45), (90, 0.1)), 4, (0.45, 0.10, 0.0, 0.30, 0.05, 0.10, 0.0)),
    Kind("Entidad sin ánimo de lucro", 0.05, 2.4, 1300, 2.2, 0.20, 0.14, (0.35, 0.30, 0.35),
         ((30, 1.0),), 11, (0.25, 0.25, 0.15, 0.05, 0.15, 0.15, 0.0)),
    Kind("Extranjero", 0.06, 3.2, 4200, 2.8, 0.30, 0.22, (0.0, 0.60, 0.40),
         ((30, 0.7), (60, 0.3)), 9, (0.20, 0.40, 0.05, 0.30, 0.0, 0.05, 0.0)),
)  # fmt: skip
KIND_NAMES = tuple(kind.name for kind in KINDS)

ACQUISITION = ("Visita", "Web", "Redes sociales", "Feria", "Llamada", "Recomendación", "Escaparate")
ACQUISITION_COST = (310.0, 75.0, 230.0, 420.0, 190.0, 25.0, 18.0)
"""Mean euros spent per customer won, by channel of acquisition; networks bring small, brief customers."""
SPEND_KINDS = (
    (("Salarios", 0.85), ("Herramientas", 0.15)),
    (("Publicidad", 0.70), ("Herramientas", 0.30)),
    (("Publicidad", 1.0),),
    (("Eventos", 0.80), ("Imprenta", 0.20)),
    (("Llamadas", 0.30), ("Salarios", 0.70)),
    (("Publicidad", 1.0),),
    (("Imprenta", 1.0),),
)
"""What the money of each channel of acquisition is spent on."""

SECTORS = (
    "Hogar", "Construcción", "Hostelería", "Industria", "Comercio", "Servicios",
    "Agroalimentación", "Sanidad", "Educación", "Administración local",
)  # fmt: skip
SECTOR_SHARES = np.array([
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0.24, 0.16, 0.16, 0.14, 0.15, 0.09, 0.04, 0.02, 0],
    [0, 0, 0, 0, 0, 0, 0, 0.25, 0.30, 0.45],
    [0, 0.35, 0.05, 0.20, 0.40, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0.50, 0, 0.25, 0.25, 0],
    [0, 0.20, 0.10, 0.30, 0.30, 0, 0.10, 0, 0, 0],
])  # fmt: skip
"""Share of each sector (columns) among the customers of each kind (rows)."""
SECTOR_RATE = np.array([1.0, 1.35, 1.15, 1.1, 0.85, 0.7, 0.9, 1.0, 0.8, 1.0])
SECTOR_WALLET = np.array([1.0, 1.5, 0.9, 1.7, 0.8, 0.6, 1.1, 1.2, 0.8, 1.0])
SECTOR_MARKET = np.array([182_000, 9_400, 8_100, 4_300, 10_200, 14_800, 3_900, 2_100, 1_350, 420])
"""Possible customers in each sector, in the regions served."""
SECTOR_TASTE = np.array([
    [1.0, 0.8, 0.6, 1.0, 0.7, 0.6, 1.5, 0.1],
    [2.0, 1.5, 1.0, 0.6, 1.5, 0.8, 1.2, 1.0],
    [0.3, 0.6, 0.8, 1.5, 1.2, 1.5, 0.8, 0.4],
    [1.8, 1.4, 1.5, 0.8, 0.6, 0.8, 0.4, 2.0],
    [0.5, 1.2, 0.8, 1.8, 0.4, 1.0, 1.0, 0.2],
    [0.8, 0.8, 1.0, 1.2, 0.6, 1.2, 0.8, 0.4],
    [1.0, 1.0, 1.0, 0.6, 1.5, 0.8, 0.4, 1.6],
    [0.2, 0.4, 1.2, 1.6, 1.0, 1.6, 0.8, 1.2],
    [0.4, 0.6, 1.2, 1.8, 0.8, 1.2, 1.6, 0.2],
    [1.0, 1.2, 1.5, 2.0, 1.2, 0.6, 1.0, 1.0],
])  # fmt: skip
"""Relative weight of each category (columns) in what a sector buys."""

REGIONS = (
    "Aragón", "Cataluña", "Comunidad Valenciana", "Madrid", "Navarra", "País Vasco", "La Rioja",
    "Castilla y León", "Castilla-La Mancha", "Andalucía", "Región de Murcia", "Galicia",
    "Portugal", "Francia", "Andorra",
)  # fmt: skip
ABROAD = 12
"""From this position on, `REGIONS` are other countries."""
REGION_SHARES = np.array([0.30, 0.16, 0.10, 0.11, 0.07, 0.06, 0.04, 0.05, 0.03, 0.04, 0.02, 0.02])
ABROAD_SHARES = np.array([0.45, 0.40, 0.15])
REGION_SALESPERSON = np.array([0, 1, 2, 3, 0, 4, 4, 3, 2, 4, 2, 4, 5, 5, 5])
"""Position of the salesperson of each region."""
REGION_LATE = np.array([0.6, 0.9, 1.0, 0.9, 0.8, 1.0, 0.9, 1.1, 1.2, 1.8, 1.5, 2.0, 1.6, 1.3, 1.5])
"""How much more often deliveries to a region come late."""
SALESPERSON_LATE = np.array([0.8, 0.9, 1.0, 1.0, 1.7, 1.2])
"""How much more often the deliveries that a salesperson promised come late."""
SALESPERSON_DISCOUNT = np.array([0.0, 0.0, 5.0, 1.0, 0.0, 2.0])
"""Percentage points that a salesperson gives on top of the usual discount."""

INFLATION = np.array([1.0, 1.065, 1.105, 1.13])
"""Prices of each year, 2022 being 1."""
COST_INFLATION = np.array([1.0, 1.085, 1.11, 1.125])
"""Costs of each year: they rose before prices did."""


def dates(days: np.ndarray | int) -> np.ndarray:
    """Return the calendar dates of days counted from `FIRST_DAY`."""
    return FIRST_DAY + np.asarray(days).astype("timedelta64[D]")


def happened(days: np.ndarray) -> np.ndarray:
    """Return the calendar dates of what has happened by the last day; what has not is missing."""
    return np.where(days < DAYS, dates(days), np.datetime64("NaT"))


def years(days: np.ndarray) -> np.ndarray:
    """Return the position of each day's year: 0 is 2022."""
    return dates(days).astype("datetime64[Y]").astype(int) - 52


def weekday(days: np.ndarray | int) -> np.ndarray:
    """Return the day of the week: 0 is Monday."""
    return (dates(days).astype(int) + 3) % 7


def month(days: np.ndarray | int) -> np.ndarray:
    """Return the month of the year: 0 is January."""
    return dates(days).astype("datetime64[M]").astype(int) % 12


def chosen(shares: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Turn uniform draws in [0, 1) into positions with these shares: one row for all or for each of them."""
    cumulated = np.cumsum(shares, axis=-1)
    scaled = draws * cumulated[..., -1]
    if cumulated.ndim == 1:
        return np.asarray(np.searchsorted(cumulated, scaled, side="right"))
    return np.asarray((cumulated <= scaled[:, None]).sum(axis=1))


def drawn(levels: Sequence[Sequence[tuple[float, float]]], kind: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return for each customer a value of its kind: each has values and how often they are; 0 without any."""
    found = np.zeros(len(kind))
    for i, of_kind in enumerate(levels):
        if of_kind:
            values, shares = np.array(of_kind).T
            found[kind == i] = values[chosen(shares, draws[kind == i])]
    return found
