"""The demo portfolio as a Spanish ERP exports it: ``;``, decimal comma, dd/mm/yyyy."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd
import pyarrow as pa

from analysis.demo.demo_portfolio import Demo
from analysis.errors import CarteraError
from analysis.language import _

Form = Literal["text", "date", "month", "money", "number"]
_SQL: dict[Form, str] = {
    "text": "{column}",
    "date": "strftime({column}, '%d/%m/%Y')",
    "month": "strftime({column}, '%m/%Y')",
    "money": "replace(cast(cast({column} as decimal(18, 2)) as varchar), '.', ',')",
    "number": "cast({column} as bigint)",
}


@dataclass(frozen=True)
class _File:
    """A file of the export: its name, and for each column the header, the canonical name and the form."""

    name: str
    columns: tuple[tuple[str, str, Form], ...]


_FILES = {
    "transactions": _File("ventas.csv.gz", (
        ("Nº factura", "order_id", "text"), ("Fecha", "date", "date"),
        ("Cód. cliente", "customer_id", "text"), ("Cód. artículo", "product_id", "text"),
        ("Familia", "category", "text"), ("Cantidad", "quantity", "number"),
        ("Precio unitario", "unit_price", "money"), ("Dto. %", "discount_pct", "number"),
        ("Importe neto", "amount", "money"), ("Coste", "cost", "money"),
        ("Canal", "channel", "text"), ("Vendedor", "salesperson", "text"),
    )),
    "customers": _File("clientes.csv", (
        ("Cód. cliente", "customer_id", "text"), ("Nombre", "name", "text"), ("Tipo", "type", "text"),
        ("Sector", "sector", "text"), ("Zona", "region", "text"), ("Tamaño", "size", "text"),
        ("Vendedor", "salesperson", "text"), ("Canal de captación", "acquisition_channel", "text"),
        ("Coste de captación", "acquisition_cost", "money"), ("Potencial anual", "potential", "money"),
        ("Primer contacto", "first_contact", "date"),
    )),
    "invoices": _File("facturas.csv.gz", (
        ("Nº factura", "invoice_id", "text"), ("Cód. cliente", "customer_id", "text"),
        ("Fecha factura", "issued", "date"), ("Vencimiento", "due", "date"),
        ("Importe neto", "amount", "money"), ("Fecha cobro", "paid", "date"),
        ("Importe cobrado", "paid_amount", "money"),
    )),
    "surveys": _File("encuestas.csv", (
        ("Cód. cliente", "customer_id", "text"), ("Fecha", "date", "date"),
        ("Puntuación", "score", "number"), ("Comentario", "comment", "text"),
    )),
    "leads": _File("oportunidades.csv.gz", (
        ("Nº oportunidad", "lead_id", "text"), ("Fecha alta", "created", "date"), ("Etapa", "stage", "text"),
        ("Fecha cualificación", "qualified", "date"), ("Fecha propuesta", "advanced", "date"),
        ("Fecha conversión", "won", "date"), ("Fecha pérdida", "lost", "date"), ("Canal", "channel", "text"),
        ("Sector", "sector", "text"), ("Interés", "interest", "text"),
        ("Valor estimado", "estimated_value", "money"), ("Vendedor", "salesperson", "text"),
        ("Cód. cliente", "customer_id", "text"),
    )),
    "spend": _File("gastos_captacion.csv", (
        ("Mes", "month", "month"), ("Canal", "channel", "text"), ("Concepto", "kind", "text"),
        ("Importe", "amount", "money"),
    )),
    "campaigns": _File("campanas.csv", (
        ("Campaña", "campaign_id", "text"), ("Fecha", "date", "date"),
        ("Cód. cliente", "customer_id", "text"), ("Grupo", "arm", "text"), ("Tipo", "kind", "text"),
        ("Coste", "cost", "money"),
    )),
    "contracts": _File("contratos.csv", (
        ("Nº contrato", "contract_id", "text"), ("Cód. cliente", "customer_id", "text"),
        ("Fecha inicio", "started", "date"), ("Fecha fin", "ended", "date"), ("Tarifa", "plan", "text"),
        ("Cuota anual", "price", "money"),
    )),
    "market": _File("mercado.csv", (
        ("Segmento", "segment", "text"), ("Tamaño", "size", "number"), ("Peso", "share", "money"),
    )),
    "stock": _File("existencias.csv", (
        ("Cód. artículo", "product_id", "text"), ("Descripción", "name", "text"),
        ("Existencias", "on_hand", "number"), ("Fecha inventario", "date", "date"),
    )),
    "deliveries": _File("entregas.csv.gz", (
        ("Nº pedido", "order_id", "text"), ("Cód. cliente", "customer_id", "text"),
        ("Fecha pedido", "ordered", "date"), ("Fecha entrega", "delivered", "date"),
    )),
}  # fmt: skip
_WORDS = {
    ("leads", "stage"): {
        "lead": "Nuevo", "prospect": "Cualificado", "potential": "Propuesta", "customer": "Ganado",
        "lost": "Perdido",
    },
    ("leads", "interest"): {"cold": "Frío", "warm": "Templado", "hot": "Caliente"},
    ("campaigns", "arm"): {"treated": "Tratado", "control": "Control"},
}  # fmt: skip
_SETTINGS = "dataset.yml"


def write(demo: Demo, folder: Path) -> tuple[Path, ...]:
    """Write the tables to a folder, in place of an earlier portfolio; return the files.

    Raises
    ------
    CarteraError
        If the folder holds anything else, or cannot be written to.
    """
    own = {file.name for file in _FILES.values()} | {_SETTINGS}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        other = sorted(path.name for path in folder.iterdir() if path.name not in own)
        if other:
            raise CarteraError(
                _("{folder} holds other files, such as {file}. Choose an empty folder for the demo.").format(
                    folder=folder, file=other[0]
                )
            )
        paths = [_written(name, demo.tables[name], folder / file.name) for name, file in _FILES.items()]
        (folder / _SETTINGS).write_text("name: demo\ncurrency: EUR\n", "utf-8")
    except OSError as error:
        raise CarteraError(
            _("{path} cannot be written: {reason}. Choose another folder.").format(
                path=folder, reason=error.strerror
            )
        ) from error
    return (*paths, folder / _SETTINGS)


def _written(name: str, table: pd.DataFrame, path: Path) -> Path:
    """Write one table, compressed where the file's name says so."""
    frame = table.assign(
        **{column: table[column].map(known) for (of, column), known in _WORDS.items() if of == name}
    )
    columns = ", ".join(
        f'{_SQL[form].format(column=column)} as "{header}"' for header, column, form in _FILES[name].columns
    )
    draft = path.with_name(f".{path.name}.tmp")
    target = str(draft).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar=false")
        connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
        connection.execute(
            f"copy (select {columns} from given) to '{target}' "  # noqa: S608
            "(format csv, delimiter ';', header true, compression none)"
        )
    if path.suffix == ".gz":
        plain = draft.rename(draft.with_suffix(".csv"))
        with (
            plain.open("rb") as source,
            draft.open("wb") as packed,
            gzip.GzipFile("", "wb", 6, packed, mtime=0) as packing,
        ):
            shutil.copyfileobj(source, packing, 1 << 20)
        plain.unlink()
    return draft.replace(path)
