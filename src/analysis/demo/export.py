"""The demo portfolio as a Spanish ERP exports it: ``;``, decimal comma, dd/mm/yyyy."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd

from analysis.demo.demo_portfolio import Demo
from analysis.errors import CarteraError
from analysis.language import _

_FILES: dict[str, tuple[str, dict[str, str]]] = {
    "transactions": ("ventas.csv.gz", {
        "Nº factura": "order_id", "Fecha": "date", "Cód. cliente": "customer_id",
        "Cód. artículo": "product_id", "Familia": "category", "Cantidad": "quantity",
        "Precio unitario": "unit_price", "Dto. %": "discount_pct", "Importe neto": "amount", "Coste": "cost",
        "Canal": "channel", "Vendedor": "salesperson",
    }),
    "customers": ("clientes.csv", {
        "Cód. cliente": "customer_id", "Nombre": "name", "Tipo": "type", "Sector": "sector", "Zona": "region",
        "Tamaño": "size", "Vendedor": "salesperson", "Canal de captación": "acquisition_channel",
        "Coste de captación": "acquisition_cost", "Coste de servicio": "service_cost",
        "Potencial anual": "potential", "Primer contacto": "first_contact",
        "Acepta comunicaciones": "consent",
    }),
    "invoices": ("facturas.csv.gz", {
        "Nº factura": "invoice_id", "Cód. cliente": "customer_id", "Fecha factura": "issued",
        "Vencimiento": "due", "Importe neto": "amount", "Fecha cobro": "paid",
        "Importe cobrado": "paid_amount",
    }),
    "surveys": ("encuestas.csv", {
        "Cód. cliente": "customer_id", "Fecha": "date", "Puntuación": "score", "Comentario": "comment",
    }),
    "leads": ("oportunidades.csv.gz", {
        "Nº oportunidad": "lead_id", "Nombre": "name", "Fecha alta": "created", "Etapa": "stage",
        "Fecha cualificación": "qualified", "Fecha propuesta": "advanced", "Fecha conversión": "won",
        "Fecha pérdida": "lost", "Canal": "channel", "Sector": "sector", "Zona": "region", "Tipo": "type",
        "Tamaño": "size", "Producto de interés": "product_interest", "Interés": "interest",
        "Valor estimado": "estimated_value", "Vendedor": "salesperson", "Último contacto": "last_contact",
        "Próxima acción": "next_action", "Cód. cliente": "customer_id",
    }),
    "spend": ("gastos_captacion.csv", {
        "Mes": "month", "Canal": "channel", "Concepto": "kind", "Importe": "amount",
    }),
    "campaigns": ("campanas.csv", {
        "Campaña": "campaign_id", "Fecha": "date", "Cód. cliente": "customer_id", "Grupo": "arm",
        "Tipo": "kind", "Coste": "cost",
    }),
    "contracts": ("contratos.csv", {
        "Nº contrato": "contract_id", "Cód. cliente": "customer_id", "Fecha inicio": "started",
        "Fecha fin": "ended", "Tarifa": "plan", "Cuota anual": "price",
    }),
    "market": ("mercado.csv", {
        "Segmento": "segment", "Tamaño": "size", "Peso": "share",
    }),
    "stock": ("existencias.csv", {
        "Cód. artículo": "product_id", "Descripción": "name", "Existencias": "on_hand",
        "Fecha inventario": "date",
    }),
    "deliveries": ("entregas.csv.gz", {
        "Nº pedido": "order_id", "Cód. cliente": "customer_id", "Fecha pedido": "ordered",
        "Fecha entrega": "delivered", "Cantidad pedida": "quantity_ordered",
        "Cantidad servida": "quantity_delivered",
    }),
}  # fmt: skip
"""For each table the file, and its columns: heading and canonical name."""
_WORDS = {
    ("customers", "consent"): {"yes": "Sí", "no": "No"},
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
    own = {file for file, _columns in _FILES.values()} | {_SETTINGS}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        other = sorted(path.name for path in folder.iterdir() if path.name not in own)
        if other:
            raise CarteraError(
                _("{folder} holds other files, such as {file}. Choose an empty folder for the demo.").format(
                    folder=folder, file=other[0]
                )
            )
        paths = [
            _written(name, demo.tables[name], folder / file, columns)
            for name, (file, columns) in _FILES.items()
        ]
        (folder / _SETTINGS).write_text("name: demo\ncurrency: EUR\n", "utf-8")
    except OSError as error:
        raise CarteraError(
            _("{path} cannot be written: {reason}. Choose another folder.").format(
                path=folder, reason=error.strerror
            )
        ) from error
    return (*paths, folder / _SETTINGS)


def _written(name: str, table: pd.DataFrame, path: Path, columns: dict[str, str]) -> Path:
    """Write one table, compressed where the file's name says so."""
    frame = table.assign(
        **{column: table[column].map(known) for (of, column), known in _WORDS.items() if of == name}
    )
    text = frame.to_csv(
        sep=";",
        columns=list(columns.values()),
        header=list(columns),
        index=False,
        decimal=",",
        float_format="%.2f",
        date_format="%m/%Y" if name == "spend" else "%d/%m/%Y",
        lineterminator="\n",
    )
    draft = path.with_name(f".{path.name}.tmp")
    packed = path.suffix == ".gz"
    with draft.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) if packed else file as target:
        target.write(text.encode())
    return draft.replace(path)
