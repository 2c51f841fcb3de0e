"""Lists that rows of the sales refer to and that are no canonical table: of them, columns are taken."""

from __future__ import annotations

from dataclasses import replace

from analysis.dataset.schema.declaration import Table, listed
from analysis.dataset.schema.transactions import TRANSACTIONS
from analysis.language import N_

OWN_CODE = listed("id, key, code, codigo, cod, no, num, numero, clave, ref, referencia")
"""What a list calls the code of its own rows."""

_taken = {name: TRANSACTIONS.column(name) for name in ("product_id", "description", "category")}
_price, _cost = TRANSACTIONS.column("unit_price"), TRANSACTIONS.column("unit_cost")

PRODUCTS = Table(
    "products",
    N_("Products"),
    listed("products, product, product list, items, articles, productos, articulos, catalogo, catalog"),
    (
        replace(_taken["product_id"], fallback_names=(*_taken["product_id"].fallback_names, OWN_CODE)),
        replace(
            _taken["description"],
            fallback_names=(
                *_taken["description"].fallback_names,
                listed("name, nombre, title, titulo, denominacion, model name, track name"),
            ),
        ),
        replace(
            _taken["category"],
            names=(
                *_taken["category"].names,
                *listed("category name, nombre categoria, subcategory name, subcategory, genre name"),
            ),
        ),
        replace(_price, names=(*_price.names, *listed("product price, precio producto, precio articulo"))),
        replace(_cost, fallback_names=(listed("cost, coste, costo"),)),
    ),
    required=("product_id",),
    telling=("description", "category", "unit_price", "unit_cost"),
)
"""A list of products: what it says of each is taken by the lines that name the product."""

CATEGORIES = replace(
    PRODUCTS,
    name="categories",
    columns=(
        replace(
            PRODUCTS.column("category"),
            fallback_names=(
                *PRODUCTS.column("category").fallback_names,
                listed("name, nombre, description, descripcion"),
            ),
        ),
    ),
    required=("category",),
)
"""A list of groups of products, to which a list of products refers."""
