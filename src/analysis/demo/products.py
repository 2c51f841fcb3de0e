"""What is sold: about 150 products of eight categories, with prices, costs and how popular each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.demo.world import CATEGORIES, COST_INFLATION, INFLATION

_ARTICLES: tuple[tuple[tuple[str, float, float], ...], ...] = (
    (("Juego de destornilladores", 9, 34), ("Llave ajustable", 12, 48), ("Taladro percutor", 59, 240),
     ("Amoladora angular", 45, 190), ("Sierra de calar", 52, 210), ("Caja de herramientas", 18, 95),
     ("Compresor", 130, 690)),
    (("Caja de tornillos", 3, 14), ("Cerradura", 14, 78), ("Bisagra", 2, 11), ("Candado", 6, 38),
     ("Taco químico", 7, 22), ("Estantería metálica", 39, 165)),
    (("Cable unipolar 100 m", 16, 72), ("Interruptor", 3, 19), ("Cuadro eléctrico", 24, 140),
     ("Diferencial", 21, 98), ("Canaleta", 2, 12), ("Base de enchufe", 3, 16)),
    (("Bombilla LED", 2, 13), ("Panel LED", 17, 74), ("Proyector LED", 15, 120),
     ("Luminaria de emergencia", 19, 85), ("Tira LED", 9, 46), ("Farola solar", 64, 290)),
    (("Grifo de lavabo", 22, 135), ("Tubo multicapa", 11, 62), ("Válvula de esfera", 4, 29),
     ("Sifón", 3, 17), ("Termo eléctrico", 95, 340), ("Bomba de agua", 70, 460)),
    (("Ventilador", 28, 130), ("Radiador", 45, 260), ("Aire acondicionado", 320, 1450),
     ("Filtro de aire", 5, 36), ("Termostato", 19, 150), ("Cortina de aire", 140, 620)),
    (("Pintura plástica", 12, 88), ("Esmalte sintético", 8, 41), ("Rodillo", 3, 15),
     ("Imprimación", 9, 52), ("Masilla", 3, 18), ("Pistola de pintar", 35, 230)),
    (("Guantes de trabajo", 2, 13), ("Casco", 8, 39), ("Calzado de seguridad", 29, 98),
     ("Gafas de protección", 4, 24), ("Arnés", 38, 175), ("Mascarilla", 2, 21)),
)  # fmt: skip
_GRADES = ("básico", "profesional", "industrial")
_COST_SHARE = np.array([0.64, 0.54, 0.60, 0.55, 0.61, 0.69, 0.57, 0.56])
_DEAD = (20, 65, 100, 140)
"""Products that stopped selling in the middle of 2023 and are still on the shelf."""
DEAD_SINCE = 546


@dataclass(frozen=True)
class Products:
    """The range, in the order of category and price.

    Parameters
    ----------
    id
        Code; the first two digits are the category.
    name
        In Spanish.
    category
        Position in `world.CATEGORIES`.
    price, cost
        Of one unit in cents, by product (rows) and year (columns).
    popularity
        Relative weight in what is chosen.
    dead
        Whether it stopped selling on day `DEAD_SINCE`.
    """

    id: np.ndarray
    name: np.ndarray
    category: np.ndarray
    price: np.ndarray
    cost: np.ndarray
    popularity: np.ndarray
    dead: np.ndarray


def products(stream: np.random.SeedSequence) -> Products:
    """Return the range; only prices' odd cents, costs and popularity depend on the random numbers."""
    rng = np.random.default_rng(stream)
    rows = [
        (i, f"{i + 1:02}{j + 1:02}{k + 1:02}", f"{noun} {grade}", low * (high / low) ** (k / 2))
        for i, articles in enumerate(_ARTICLES)
        for j, (noun, low, high) in enumerate(articles)
        for k, grade in enumerate(_GRADES)
    ]
    category, code, name, base = (np.array(column) for column in zip(*rows, strict=True))
    base = base * rng.uniform(0.93, 1.07, len(base))
    order = np.lexsort((base, category))
    category, code, name, base = category[order], code[order], name[order], base[order]
    share = _COST_SHARE[category] * rng.uniform(0.92, 1.08, len(base))
    cents = np.rint(base[:, None] * 20 * INFLATION).astype(np.int64) * 5
    cost = np.maximum(np.rint(base[:, None] * 100 * share[:, None] * COST_INFLATION), 1).astype(np.int64)
    popularity = np.exp(rng.normal(0, 0.9, len(base)))
    dead = np.isin(np.arange(len(base)), _DEAD)
    return Products(code, name, category, cents, cost, popularity, dead)


def choose(products: Products, category: np.ndarray, value: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Choose for each line a product of its category that fits what is to be spent, in cents of 2022.

    Its position is returned: none costs more than the line is worth, unless the cheapest does, and few so
    little that hundreds would be needed. The draws are uniform in [0, 1).
    """
    picked = np.empty(len(value), dtype=np.int64)
    for i in range(len(CATEGORIES)):
        those = np.flatnonzero(category == i)
        range_ = np.flatnonzero(products.category == i)
        price = products.price[range_, 0]
        most = np.maximum(np.searchsorted(price, value[those], side="right"), 1)
        least = np.minimum(np.searchsorted(price, value[those] / 40), np.maximum(most - 4, 0))
        cumulated = np.concatenate([[0.0], np.cumsum(products.popularity[range_])])
        target = cumulated[least] + draws[those] * (cumulated[most] - cumulated[least])
        found = np.searchsorted(cumulated, target, side="right") - 1
        picked[those] = range_[np.clip(found, least, most - 1)]
    return picked
