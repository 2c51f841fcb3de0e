"""What exports call their columns and states, and how they write days, money, shares and customers."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable
from random import Random

HEADERS = {
    "en": {
        "order": "Order Number, Invoice No, Order ID, Invoice, order_no, Receipt No, InvoiceNo, Order #",
        "customer code": "Customer ID, Customer, Client ID, Customer code, Customer No., Account No, cust_id",
        "customer email": "Email, Customer Email, Billing Email",
        "customer name": "Customer name, Client name, Customer, Company, Billing Name",
        "customer nif": "VAT number, Tax ID",
        "date": "Order Date, Date, Invoice date, Created at, Sale date, Transaction Date, Posting Date, Day",
        "status": "Status, Order Status, Financial Status, Payment Status",
        "product": "SKU, Product, Item No, Product code, Item, StockCode, Lineitem sku",
        "quantity": "Quantity, Qty, Units, Lineitem quantity, Units sold, Item quantity",
        "price": "Unit price, Price, Item price, UnitPrice, Lineitem price, Price each",
        "net": "Net amount, Net sales, Amount, Line total, Sales, Revenue, Net value, Amount excl. VAT",
        "net beside tax": "Net amount, Net sales, Amount excl. VAT, Net, Total ex VAT, Untaxed Amount",
        "total": "Order Total, Total, Order Total Amount, Invoice total, Order value, Grand Total",
        "with_tax": "Total incl tax, Total, Total incl. VAT, Total with VAT, Amount, Grand Total",
        "only with_tax": "Total incl tax, Total incl. VAT, Total with VAT, Total including tax",
        "tax": "Tax, VAT amount, Taxes, VAT, Tax Amount, Total Tax",
        "rate": "VAT %, Tax rate, VAT rate",
        "percent": "Discount %, Discount pct, Discount percent, Discount rate",
        "discount": "Discount amount, Line discount, Discount value",
        "refunded": "Refunded Amount, Total Refunded, Amount Refunded, Refund Amount",
        "kind": "Document type, Type, Transaction type, Invoice type",
        "reference": "Refund of, Original order, Original invoice, Parent order",
        "note": "Notes, Remarks, Comment",
        "address": "Address, Billing address, Street",
        "phone": "Phone, Telephone, Billing Phone",
        "shipping": "Shipping, Shipping cost, Postage",
        "payment": "Payment Method, Paid by",
        "country": "Country, Billing Country",
    },
    "es": {
        "order": "Nº pedido, Factura, Núm. factura, Pedido, Número de factura, Nº ticket, Albarán",
        "customer code": "Cód. cliente, Cliente, Código cliente, Código de cliente, Nº cliente, ID cliente",
        "customer email": "Correo electrónico, Email, Email cliente, Correo",
        "customer name": "Cliente, Nombre cliente, Razón social, Nombre fiscal, Empresa",
        "customer nif": "NIF, CIF, NIF/CIF, DNI, CIF cliente",
        "date": "Fecha, Fecha factura, Fecha pedido, Fecha de venta, F. factura, Fecha emisión, Día",
        "status": "Estado, Estado pedido, Situación, Estado factura, Estado del pedido",
        "product": "Artículo, Cód. artículo, Referencia, Producto, Código artículo, Ref.",
        "quantity": "Cantidad, Uds., Unidades, Cant., Uds",
        "price": "Precio unitario, Precio, P.V.P., Precio ud., Precio venta",
        "net": "Importe neto, Importe, Base imponible, Total línea, Neto, Ventas, Venta neta",
        "net beside tax": "Importe neto, Base imponible, Base imp., Neto, Total sin IVA, Importe sin IVA",
        "total": "Total factura, Importe, Total pedido, Importe total, Total, Total ticket",
        "with_tax": "Total con IVA, Importe con IVA, Total, Total factura, Importe, Total IVA incluido",
        "only with_tax": "Total con IVA, Importe con IVA, Total (IVA incluido), Importe IVA incl.",
        "tax": "IVA, Cuota IVA, Importe IVA, Cuota, Impuestos",
        "rate": "% IVA, Tipo IVA, Tipo impositivo",
        "percent": "% Dto., Dto %, % Descuento, Descuento %, Dto. (%)",
        "discount": "Importe dto., Importe descuento, Descuento (€), Dto. importe",
        "refunded": "Importe devuelto, Total devuelto, Importe reembolsado",
        "kind": "Tipo documento, Tipo, Tipo de documento, Tipo factura, Clase documento",
        "reference": "Factura rectificada, Pedido original, Rectifica a, Factura original",
        "note": "Observaciones, Notas, Comentarios",
        "address": "Dirección, Domicilio, Dirección de envío",
        "phone": "Teléfono, Tel., Móvil",
        "shipping": "Portes, Gastos de envío, Envío",
        "payment": "Forma de pago, Método de pago",
        "country": "País, Provincia",
    },
}
"""Language → column → its usual headers."""

STATES = {
    ("en", True): "completed, paid, shipped, Pending, Authorized, open, won, Delivered, on hold",
    ("en", False): "cancelled, Draft, failed, lost, Voided, Closed lost, declined, checkout-draft",
    ("en", "refunded"): "refunded, Refunded",
    ("es", True): "pagado, Enviado, servida, Pendiente, Cobrada, entregado, Pendiente de pago, Facturado",
    ("es", False): "Anulado, borrador, cancelada, perdida, Fallido, Presupuesto, RECHAZADO, Anulada",
    ("es", "refunded"): "Reembolsado, devuelto",
}
"""Words of states of sales, of what never came to be, and of sales given back."""

KINDS = {
    "en": [("Invoice", "Credit note"), ("INV", "Credit Memo"), ("Sale", "Refund"), ("Sale", "Return")],
    "es": [("Factura", "Abono"), ("F1", "R1"), ("FAC", "Rectificativa"), ("Venta", "Devolución"),
           ("Factura", "NC"), ("Factura de venta", "Factura rectificativa"), ("F2", "R5")],
}  # fmt: skip
"""Kinds of document of a sale and of what takes it back."""

MONTHS = {
    "en": [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ],
    "es": [
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
        "noviembre", "diciembre",
    ],
}  # fmt: skip
WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
}
_EPOCH = dt.date(1899, 12, 30)

Written = Callable[[dt.date, str], str]


def _by(pattern: str) -> Written:
    return lambda day, _language: day.strftime(pattern)


def _named(pattern: str) -> Written:
    def written(day: dt.date, language: str) -> str:
        month = MONTHS[language][day.month - 1]
        weekday = WEEKDAYS[language][day.weekday()]
        return pattern.format(d=day.day, y=day.year, yy=day.year % 100, month=month, mon=month[:3], w=weekday)

    return written


DAYS: dict[str, Written] = {
    **{
        pattern: _by(pattern)
        for pattern in (
            "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d", "%Y/%m/%d", "%d/%m/%y", "%d-%m-%y",
            "%Y-%m-%d 10:03:11", "%Y-%m-%d %H:%M:%S +0200", "%Y-%m-%dT10:03:11", "%Y-%m-%dT10:03:11Z",
            "%Y-%m-%dT10:03:11.000Z", "%Y-%m-%dT10:03:11+02:00", "%Y-%m-%d 10:03:11 UTC", "%d/%m/%Y 10:03",
            "%d/%m/%Y 9:03:11", "%Y-%m-%dT10:03:11.123456", "%Y-%m-%d 10:03:11.000",
        )
    },
    "serial": lambda day, _language: str((day - _EPOCH).days),
    "serial with time": lambda day, _language: f"{(day - _EPOCH).days}.4188",
    "no zeros": lambda day, _language: f"{day.day}/{day.month}/{day.year}",
    "named short": _named("{d:02}-{mon}-{y}"),
    "named short year": _named("{d:02}-{mon}-{yy:02}"),
    "named spaces": _named("{d} {mon} {y}"),
}  # fmt: skip
"""Ways to write a day in either language."""
DAYS_OF = {
    "en": {
        "%m/%d/%Y": _by("%m/%d/%Y"),
        "%m/%d/%y": _by("%m/%d/%y"),
        "%m/%d/%Y 3:07 PM": _by("%m/%d/%Y 3:07 PM"),
        "named": _named("{mon} {d}, {y}"),
        "named long": _named("{d} {month} {y}"),
        "named US": _named("{month} {d}, {y}"),
        "weekday": _named("{w}, {month} {d}, {y}"),
    },
    "es": {
        "named": _named("{d} de {month} de {y}"),
        "named long": _named("{d} {month} {y}"),
        "weekday": _named("{w}, {d} de {month} de {y}"),
        "%d/%m/%Y 10:03 p. m.": _by("%d/%m/%Y 10:03 p. m."),
    },
}
"""Ways to write a day in one language only."""


def money(cents: int, mark: str, thousands: str, negative: str, currency: str) -> str:
    """Write money; ``thousands`` may be ``lakh``, ``negative`` is a pattern of what is below 0."""
    whole, part = divmod(abs(cents), 100)
    grouped = _lakh(whole) if thousands == "lakh" else f"{whole:,}".replace(",", thousands)
    text = currency.format(f"{grouped}{mark}{part:02}")
    return negative.format(text) if cents < 0 else text


def _lakh(whole: int) -> str:
    head, tail = divmod(whole, 1000)
    if not head:
        return str(whole)
    groups = [f"{tail:03}"]
    while head >= 100:
        groups.insert(0, f"{head % 100:02}")
        head //= 100
    return ",".join([str(head), *groups])


_NAMES = [
    "Ana Ruiz", "José Núñez", "Bodegas Peña S.L.", "Müller GmbH", "Smith & Sons", "Zoë Field", "Can Vidal",
    "María del Mar Gil", "O'Brien Ltd", "Talleres Ibáñez", "Acme", "Nova Foods",
]  # fmt: skip


def customer(key: str, i: int) -> str:
    """Return how a customer is called, by code, number, email, name or nif."""
    return {
        "code": f"C{i:03}",
        "number": str(17850 + 7 * i),
        "email": f"{_NAMES[i].split()[0].lower()}{i}@example.com",
        "name": _NAMES[i],
        "nif": f"B{12345670 + i}",
    }[key]


def respelled(rng: Random, key: str, text: str) -> str:
    """Return another spelling of the same customer."""
    either = {
        "code": [text, f" {text}", f"{text} "],
        "number": [text, f"{text}.0", f" {text}"],
        "email": [text.upper(), text.title(), f"{text} ", text],
        "name": [text.replace(" ", "  "), text.replace(" ", "\xa0"), f" {text}", f"{text}\xa0",
                 unicodedata.normalize("NFD", text), text],
        "nif": [text, f"ES{text}", f"{text[0]}-{text[1:]}", f"ES-{text}", text.lower()],
    }  # fmt: skip
    return rng.choice(either[key])
