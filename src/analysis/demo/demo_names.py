"""Invented names of customers: a trade or a first name, an invented word, a number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.demo import world
from analysis.demo.text import codes, words
from analysis.demo.world import CONSUMER, DISTRIBUTOR, FOREIGN, NON_PROFIT, PUBLIC, SECTORS

_FIRST = (
    "Lucía", "Hugo", "Martina", "Mateo", "Carmen", "Javier", "Pilar", "Antonio", "Inés", "Álvaro",
    "Nuria", "Sergio", "Rocío", "Íñigo", "Begoña", "Ángel", "Noelia", "Raúl", "Elena", "Óscar",
)  # fmt: skip
_INITIALS = "ABCDEFGHIJLMNOPRSTVZ"
_WORDS = (
    "Ebro", "Duero", "Tajo", "Levante", "Cierzo", "Sierra", "Almendro", "Encina", "Olivar", "Faro",
    "Mirador", "Fuente", "Molino", "Cantábrico", "Alborada", "Monteluz", "Vega", "Romero", "Arrayán", "Peña",
)  # fmt: skip
_TRADES = {
    "Hogar": ("",),
    "Construcción": ("Construcciones", "Reformas", "Instalaciones", "Estructuras"),
    "Hostelería": ("Hotel", "Restaurante", "Hostelera", "Cafetería"),
    "Industria": ("Talleres", "Mecanizados", "Manufacturas", "Metalúrgica"),
    "Comercio": ("Comercial", "Bazar", "Tiendas", "Almacenes"),
    "Servicios": ("Servicios", "Mantenimientos", "Gestión", "Limpiezas"),
    "Agroalimentación": ("Conservas", "Bodegas", "Agrícola", "Envasados"),
    "Sanidad": ("Clínica", "Residencia", "Laboratorio", "Centro médico"),
    "Educación": ("Colegio", "Academia", "Escuela", "Centro de formación"),
    "Administración local": ("Ayuntamiento de", "Mancomunidad de", "Comarca de", "Patronato de"),
}
_OTHER_TRADES = {
    DISTRIBUTOR: ("Suministros", "Distribuciones", "Ferretera", "Mayorista"),
    NON_PROFIT: ("Asociación", "Fundación", "Cooperativa social", "Centro de día"),
}
_ABROAD = (
    (("Comércio", "Oficina", "Fornecimentos", "Armazéns"), "Lda."),
    (("Atelier", "Fournitures", "Quincaillerie", "Établissements"), "SARL"),
    (("Comerç", "Magatzems", "Subministraments", "Tallers"), "S.L.U."),
)
"""Trades and legal form in the other countries of `world.REGIONS`."""
_ENDINGS = ("S.L.", "S.L.", "S.L.", "S.A.")


def names(frame: pd.DataFrame, stream: np.random.SeedSequence) -> pd.Series:
    """Return a name for each customer: of people, a first name and two initials only."""
    rng = np.random.default_rng(stream)
    n = len(frame)
    kind = frame["kind"].to_numpy()
    picks = rng.random((4, n))
    trades = [trade for sector in SECTORS for trade in (_TRADES[sector] * 4)[:4]]
    trades += [trade for one in _OTHER_TRADES for trade in _OTHER_TRADES[one]]
    trades += [trade for country, _ in _ABROAD for trade in country]
    row = frame["sector"].to_numpy().copy()
    for i, one in enumerate(_OTHER_TRADES):
        row[kind == one] = len(SECTORS) + i
    country = np.maximum(frame["region"].to_numpy() - world.ABROAD, 0)
    row = np.where(kind == FOREIGN, len(SECTORS) + len(_OTHER_TRADES) + country, row)
    trade = words(4 * row + (4 * picks[0]).astype(int), trades)
    word = words((len(_WORDS) * picks[1]).astype(int), _WORDS)
    ending = words((4 * picks[2]).astype(int), _ENDINGS)
    ending = ending.where(kind != FOREIGN, words(country, [form for _, form in _ABROAD]))
    company = trade + " " + word + " " + codes("", rng.integers(1, 10_000, n), 4)
    closed = company + " " + ending
    initials = [f" {a}. {b}." for a in _INITIALS for b in _INITIALS]
    person = words((len(_FIRST) * picks[0]).astype(int), _FIRST) + words(
        (len(initials) * picks[3]).astype(int), initials
    )
    plain = np.isin(kind, (PUBLIC, NON_PROFIT))
    return closed.where(~plain, company).where(kind != CONSUMER, person)
