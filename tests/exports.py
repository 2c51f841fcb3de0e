"""Exports of known systems with invented rows, each with what is right of it; all money in cents.

Every generator draws orders from a seed, writes them as the system does,
and works out from its own orders what
net sales, customers and outcomes are. Nothing of the package is used.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from campaign.dressed_files import Sheet

Rows = list[list[object]]
PEOPLE = ("Ana Ruiz", "Ben Gil", "Cid Mora", "Dora Sanz", "Eva Pons", "Fran Coll", "Gema Rius", "Hugo Vila")


@dataclass(frozen=True)
class Line:
    """A line of an order: ``net`` is its value after its own discount ``off``, without tax."""

    product: str
    quantity: int
    price: int
    off: int = 0

    @property
    def net(self) -> int:
        return self.quantity * self.price - self.off


@dataclass(frozen=True)
class Order:
    """An order; ``off`` is a discount of the whole, ``refund`` what was given back of its goods, untaxed."""

    number: int
    customer: int
    day: dt.date
    lines: tuple[Line, ...]
    rate: int
    shipping: int
    off: int = 0
    refund: int = 0
    kind: str = "sold"

    @property
    def net(self) -> int:
        """What its goods are worth, before anything is given back."""
        return sum(line.net for line in self.lines) - self.off

    @property
    def name(self) -> str:
        return PEOPLE[self.customer]

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@example.com"

    @property
    def nif(self) -> str:
        return f"B{12345670 + self.customer}"

    def taxed(self, net: int) -> int:
        """Return an amount with its tax."""
        return net + net * self.rate // 100


@dataclass
class Truth:
    """What is right: net sales, customers and orders that count, rows by outcome, the last day."""

    net: int = 0
    customers: set[int] = field(default_factory=set)
    orders: set[object] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    last: dt.date = dt.date.min

    def add(self, order: Order, outcome: str, rows: int, net: int, code: object = None) -> None:
        """Count the rows of an order; of one that is left out, nothing else."""
        self.outcomes[outcome] += rows
        if ":" in outcome:
            return
        self.net += net
        self.customers.add(order.customer)
        self.orders.add(code or order.number)
        self.last = max(self.last, order.day)


@dataclass
class Export:
    """A file of a system, and what is right of it; ``answer`` is that to the one question it leaves open."""

    sheet: Sheet
    truth: Truth
    answer: dict[str, object] = field(default_factory=dict)


def orders(
    rng: Random, kinds: str = "sold", n: int = 22, rates: tuple[int, ...] = (21, 21, 10)
) -> list[Order]:
    """Draw orders of one to three lines in whole euros; ``kinds`` are what may become of them."""
    found, day = [], dt.date(2024, 1, 3)
    for i in range(n):
        products = rng.sample(["P1", "P2", "P3", "P4", "P5"], rng.choice([1, 1, 2, 3]))
        lines = tuple(
            Line(product, quantity, price, rng.choice([0, 0, 0, 100 * rng.randint(1, 4)]))
            for product in products
            for quantity, price in [(rng.randint(1, 4), 1000 + 100 * rng.randint(0, 90))]
        )
        kind = kinds.split()[i % len(kinds.split())] if i < 2 * len(kinds.split()) else "sold"
        value = sum(line.net for line in lines)
        found.append(
            Order(
                1001 + i, i % 7, day, lines, rng.choice(rates), rng.choice([0, 500, 900]),
                off=rng.choice([0, 0, 0, 300]),
                refund={"refunded": value, "partly": 100 * rng.randint(2, 9)}.get(kind, 0), kind=kind,
            )
        )  # fmt: skip
        day += dt.timedelta(days=rng.randint(1, 25))
    return found


def point(cents: int | None) -> str:
    return "" if cents is None else f"{cents / 100:.2f}"


def comma(cents: int | None) -> str:
    return point(cents).replace(".", ",")


def _plain(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(Line(line.product, line.quantity, line.price) for line in lines)


def shopify(rng: Random) -> Export:
    """Cells of the order on its first line only; discounts of lines and orders; refunds with their tax."""
    included, truth, rows = rng.random() < 0.5, Truth(), Rows()
    for order in orders(rng, "sold voided refunded partly cancelled pending"):
        refund = order.net if order.kind == "refunded" else order.refund
        tax = order.taxed(order.net + order.shipping) - order.net - order.shipping
        priced = order.taxed if included else int
        whole = priced(order.net + order.shipping) + (0 if included else tax)
        back = whole if order.kind == "refunded" else order.taxed(refund)
        state = {
            "voided": "voided",
            "refunded": "refunded",
            "partly": "partially_refunded",
            "pending": "pending",
        }
        day = f"{order.day} 10:00:00 +0100"
        for i, line in enumerate(order.lines):
            first = [
                state.get(order.kind, "paid"), day, "EUR", point(priced(order.net)),
                point(priced(order.shipping)),
                point(tax), point(whole), "SALE" if order.off else "", point(priced(order.off)),
            ]  # fmt: skip
            last = [day if order.kind == "cancelled" else "", point(back), str(900 + order.number)]
            email = order.email.title() if order.number % 3 == 0 else order.email
            rows.append([
                f"#{order.number}", email, *(first if i == 0 else [""] * len(first)), day, line.quantity,
                f"Mug {line.product}", point(priced(line.price)), line.product, order.name if i == 0 else "",
                *(last if i == 0 else [""] * len(last)), point(priced(line.off)), "Acme",
            ])  # fmt: skip
        void = order.kind in {"voided", "refunded", "cancelled"}
        truth.add(order, "excluded:cancelled" if void else "sale", len(order.lines), order.net - refund)
    header = (
        "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount "
        "Amount,"
        "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Cancelled at,"
        "Refunded Amount,Id,Lineitem discount,Vendor"
    )
    return Export(Sheet("orders_export_1.csv", header.split(","), rows), truth)


GROUPS = (
    "Autoliquidación;;Actividad;;;Tipo de Factura;Concepto de Ingreso;Ingreso Computable;Fecha Expedición;"
    "Fecha Operación;Identificación de la Factura;;;NIF Destinatario;;;Nombre Destinatario;Clave de "
    "Operación;"
    "Calificación de la Operación;Operación Exenta;Total Factura;Base Imponible;Tipo de IVA;"
    "Cuota IVA Repercutida;Tipo de Recargo eq.;Cuota Recargo eq.;Cobro (Operación Criterio de Caja de IVA);;"
    ";;"
    "Tipo Retención del IRPF;Importe Retenido del IRPF"
)
NAMES = (
    "Ejercicio;Periodo;Código;Tipo;Grupo o Epígrafe del IAE;;;;;;Serie;Número;Número-Final;Tipo;Código País;"
    "Identificación;;;;;;;;;;;Fecha;Importe;Medio Utilizado;Identificación Medio Utilizado;;"
)


def aeat(rng: Random) -> Export:
    """Two header rows, a row per rate of VAT, series of the same numbers, tickets, corrections."""
    truth, rows, with_income = Truth(), Rows(), rng.random() < 0.5
    form, titled = rng.choice(["csv", "xlsx"]), rng.random() < 0.5
    money = comma if form == "csv" else (lambda cents: cents / 100)
    day = (lambda one: one.strftime("%d/%m/%Y")) if form == "csv" else (lambda one: one)
    numbers = Counter[str]()
    for order in orders(rng, "sold ticket less more"):
        kind = {"ticket": "F2", "less": "R1", "more": "R4"}.get(order.kind, "F1")
        series = {"F2": "T", "R1": "R", "R4": "R"}.get(kind, rng.choice(["A", "B"]))
        numbers[series] += 1
        sign, bases = -1 if order.kind == "less" else 1, [(order.lines[0].net, 21)]
        bases += [(sum(line.net for line in order.lines[1:]), 10)] if len(order.lines) > 1 else []
        whole = sum(base + base * rate // 100 for base, rate in bases)
        for base, rate in bases:
            named = ["01", "", order.nif, order.name] if kind != "F2" else ["", "", "", ""]
            rows.append([
                order.day.year, f"{(order.day.month + 2) // 3}T", "A", "01", "844", kind, "I01", money(base),
                day(order.day), day(order.day), series, numbers[series], None, *named, "01", "S1", None,
                money(sign * whole), money(sign * base), rate, money(sign * base * rate // 100), None, None,
                None, None, None, None, None, None,
            ])  # fmt: skip
        outcome = {"F2": "excluded:no_customer", "R1": "return"}.get(kind, "sale")
        truth.add(
            order, outcome, len(bases), sign * sum(base for base, _rate in bases), (series, numbers[series])
        )
    groups, names = GROUPS.split(";"), NAMES.split(";")
    left_out = set() if with_income else {6, 7, 30, 31}
    keep = [i for i in range(len(groups)) if i not in left_out]
    titles = [["LIBRO REGISTRO DE FACTURAS EXPEDIDAS"], ["NIF: B99999999"]] if titled else []
    cells = [[row[i] for i in keep] for row in rows]
    sheet = Sheet(
        f"LIBRO.{form}", [names[i] for i in keep], cells, [*titles, [groups[i] for i in keep]], ";",
        rng.choice(["utf-8", "windows-1252"]),
    )  # fmt: skip
    return Export(sheet, truth)


def odoo_invoices(rng: Random) -> Export:
    """Signed amounts in the company's currency; credit notes; drafts without a number; reversed invoices."""
    spanish, truth, rows = rng.random() < 0.5, Truth(), Rows()
    words = ("Borrador", "Publicado", "Cancelado", "Revertido") if spanish else (
        "Draft", "Posted", "Cancelled", "Reversed")  # fmt: skip
    for order in orders(rng, "sold draft cancelled credit reversed"):
        sign = -1 if order.kind == "credit" else 1
        state = {"draft": words[0], "cancelled": words[2]}.get(order.kind, words[1])
        number = {"draft": "/", "credit": f"RINV/2024/{order.number}"}.get(
            order.kind, f"INV/2024/{order.number}"
        )
        rows.append([
            number, order.name, order.day.isoformat(), f"S0{order.number}", f"ref {order.number % 4}",
            point(sign * order.net), point(sign * (order.taxed(order.net) - order.net)),
            point(sign * order.taxed(order.net)), "USD" if order.number % 5 == 0 else "EUR",
            words[3] if order.kind == "reversed" else "Paid", state,
        ])  # fmt: skip
        void = order.kind in {"draft", "cancelled"}
        outcome = "excluded:cancelled" if void else "return" if sign < 0 else "sale"
        truth.add(order, outcome, 1, sign * order.net, number)
    header = (
        "Número;Nombre del socio a mostrar en la factura.;Fecha de Factura/Recibo;Origen;Referencia;"
        "Importe sin impuestos con signo;Impuestos con signo;Total con signo;Moneda;Estado de pago;Estado"
        if spanish
        else "Number;Invoice Partner Display Name;Invoice/Bill Date;Origin;Reference;Untaxed Amount Signed;"
        "Taxes Signed;Total Signed;Currency;Payment Status;Status"
    )
    return Export(Sheet("account.move.csv", header.split(";"), rows), truth)


def odoo_invoice_lines(rng: Random) -> Export:
    """Cells of the invoice on its first line; credit notes are positive, only the total has a sign."""
    spanish, truth, rows = rng.random() < 0.5, Truth(), Rows()
    for order in orders(rng, "sold draft credit sold"):
        sign = -1 if order.kind == "credit" else 1
        state = (
            ("Borrador" if spanish else "Draft")
            if order.kind == "draft"
            else ("Publicado" if spanish else "Posted")
        )
        for i, line in enumerate(order.lines):
            whole = sign * order.taxed(sum(one.net for one in order.lines))
            first = [f"INV/2024/{order.number}", order.name, order.day.isoformat(), state, point(whole)]
            rows.append([
                *(first if i == 0 else [""] * 5), f"[{line.product}] Mug", line.quantity, point(line.price),
                point(line.net),
            ])  # fmt: skip
        outcome = "excluded:cancelled" if order.kind == "draft" else "return" if sign < 0 else "sale"
        truth.add(order, outcome, len(order.lines), sign * sum(line.net for line in order.lines))
    header = (
        "Número;Cliente;Fecha de factura;Estado;Total con signo;Líneas de factura/Producto;"
        "Líneas de factura/Cantidad;Líneas de factura/Precio unitario;Líneas de factura/Subtotal"
        if spanish
        else "Number;Partner;Invoice/Bill Date;Status;Total Signed;Invoice lines/Product;Invoice "
        "lines/Quantity;"
        "Invoice lines/Unit Price;Invoice lines/Subtotal"
    )
    return Export(Sheet("account.move.csv", header.split(";"), rows), truth)


def odoo_orders(rng: Random) -> Export:
    """Quotations; cells of the order on its first line, its untaxed amount among them."""
    spanish, truth, rows = rng.random() < 0.5, Truth(), Rows()
    states = {"quotation": ("Quotation", "Presupuesto"), "cancelled": ("Cancelled", "Cancelado"),
              "locked": ("Locked", "Bloqueado")}  # fmt: skip
    for order in orders(rng, "sold quotation cancelled locked"):
        state = states.get(order.kind, ("Sales Order", "Pedido de venta"))[spanish]
        value = sum(line.net for line in order.lines)
        for i, line in enumerate(order.lines):
            first = [
                f"S{order.number:05}",
                f"{order.day} 09:30:00",
                order.name,
                "Marta Sol",
                point(value),
                state,
            ]
            rows.append([
                *(first if i == 0 else [""] * 6), f"[{line.product}] Mug", line.quantity, point(line.net)
            ])  # fmt: skip
        void = order.kind in {"quotation", "cancelled"}
        truth.add(order, "excluded:cancelled" if void else "sale", len(order.lines), value)
    header = (
        "Referencia del pedido;Fecha de pedido;Cliente;Comercial;Importe sin impuestos;Estado;"
        "Líneas del pedido/Producto;Líneas del pedido/Cantidad;Líneas del pedido/Subtotal"
        if spanish
        else "Order Reference;Order Date;Customer;Salesperson;Untaxed Amount;Status;Order Lines/Product;"
        "Order Lines/Quantity;Order Lines/Subtotal"
    )
    return Export(Sheet("sale.order.csv", header.split(";"), rows), truth)


def holded(rng: Random) -> Export:
    """The format in the header decides dates that fit both ways; percent of discount."""
    truth, rows = Truth(), Rows()
    for order in orders(rng, "sold less"):
        sign = -1 if order.kind == "less" else 1
        day, net = order.day.replace(day=1 + order.day.day % 12), 0
        for line in _plain(order.lines):
            percent = rng.choice([0, 0, 10, 25])
            net += sign * line.net * (100 - percent) // 100
            rows.append([
                f"{'R' if sign < 0 else 'F'}24{order.number}", day.strftime("%d/%m/%Y"), order.name,
                order.nif,
                "Madrid", line.product, comma(line.price), sign * line.quantity, percent or "", 21, 15,
                "Tienda", "EUR", "principal",
            ])  # fmt: skip
        placed = Order(order.number, order.customer, day, order.lines, 21, 0)
        truth.add(placed, "return" if sign < 0 else "sale", len(order.lines), net)
    header = (
        "Num factura;Fecha dd/mm/yyyy;Nombre del contacto;NIF del contacto;Población;Concepto;Precio unidad;"
        "Unidades;"
        "Descuento %;IVA %;Retención %;Nombre canal de venta;Moneda;Almacén"
    )
    return Export(Sheet("facturas.xlsx" if rng.random() < 0.3 else "facturas.csv", header.split(";"), rows,
                        separator=";"), truth)  # fmt: skip


def accountants(rng: Random) -> Export:
    """Titles and totals; series apart; our own tax number; bases in one column or one for each rate."""
    truth, rows, by_rate = Truth(), Rows(), rng.random() < 0.5
    sums = Counter[int]()
    for order in orders(rng, "sold less"):
        sign, base = (-1 if order.kind == "less" else 1), [0, 0]
        for i, line in enumerate(order.lines):
            base[i % 2 if by_rate else 0] += sign * line.net
        tax = [base[0] * 21 // 100, base[1] * 10 // 100]
        held = sum(base) * 15 // 100
        amounts = [base[0], tax[0], base[1], tax[1]] if by_rate else [base[0], tax[0]]
        amounts += [held, sum(base) + sum(tax) - held]
        sums.update(dict(enumerate(amounts)))
        rows.append([
            "R" if sign < 0 else "A", order.number - 1000, order.day.strftime("%d/%m/%Y"), "B99999999",
            order.name,
            order.nif, *[f"{comma(one)} €" for one in amounts], rng.choice(["Sí", "No"]),
        ])  # fmt: skip
        truth.add(order, "return" if sign < 0 else "sale", 1, sum(base))
    rows.append(["Total", "", "", "", "", "", *[f"{comma(sums[i])} €" for i in range(len(sums))], ""])
    truth.outcomes["excluded:total"] += 1
    money = "Base 21%;Cuota 21%;Base 10%;Cuota 10%" if by_rate else "Base imponible;Cuota IVA"
    header = f"Serie;Nº Factura;Fecha;NIF emisor;Cliente;NIF;{money};Retención;Total;Cobrada"
    titles = [["Facturas emitidas"], ["Ejercicio 2024"], []]
    return Export(Sheet("emitidas.csv", header.split(";"), rows, titles, ";", "windows-1252"), truth)


def woo_lines(rng: Random) -> Export:
    """Values of lines after coupons, or units and their cost, with a coupon of the whole order; refunds."""
    truth, rows, priced = Truth(), Rows(), rng.random() < 0.5
    whole_cells = rng.random() < 0.5
    for order in orders(rng, "completed pending failed refunded partly cancelled"):
        lines = _plain(order.lines) if priced else order.lines
        off = order.off if priced else 0
        net = sum(line.net for line in lines) - off
        refund = net if order.kind == "refunded" else order.refund
        tax = order.taxed(net + order.shipping) - net - order.shipping
        whole = net + order.shipping + tax
        back = whole if order.kind == "refunded" else order.taxed(refund)
        state = {"pending": "Pending payment", "partly": "Processing", "sold": "Completed"}.get(
            order.kind, order.kind.title())  # fmt: skip
        for i, line in enumerate(lines):
            mine = [state, f"{order.day} 10:03", order.email]
            money = [point(off), point(order.shipping), point(back), point(whole), point(tax)]
            told = i == 0 or whole_cells
            value = [] if priced else [point(line.net)]
            rows.append([
                order.number, *(mine if told else [""] * 3), i + 1, line.product, f"Mug {line.product}",
                line.quantity, point(line.price), *value, *(money if told else [""] * 5),
            ])  # fmt: skip
        void = order.kind in {"pending", "failed", "refunded", "cancelled"}
        truth.add(order, "excluded:cancelled" if void else "sale", len(lines), net - refund)
    header = (
        "Order Number,Order Status,Order Date,Email (Billing),Item #,SKU,Item Name,Quantity,Item Cost,"
        f"{'' if priced else 'Order Line (w/o tax),'}Cart Discount Amount,Order Shipping Amount,"
        "Order Refund Amount,Order Total Amount,Order Total Tax Amount"
    )
    return Export(Sheet("orders.csv", header.split(","), rows), truth)


def woo_orders(rng: Random) -> Export:
    """A row per order in snake case: tax and carriage in the total."""
    truth, rows = Truth(), Rows()
    for order in orders(rng, "completed pending failed refunded cancelled"):
        tax = order.taxed(order.net + order.shipping) - order.net - order.shipping
        state = "completed" if order.kind == "sold" else order.kind
        rows.append([
            order.number, f"{order.day} 10:03:11", f"wc-{state}",
            order.name.split()[0], order.email, point(order.shipping), point(tax),
            point(order.net + order.shipping + tax), "EUR", "card",
        ])  # fmt: skip
        void = order.kind in {"pending", "failed", "refunded", "cancelled"}
        truth.add(order, "excluded:cancelled" if void else "sale", 1, order.net)
    header = (
        "order_id,order_date,order_status,billing_first_name,billing_email,order_shipping,order_tax,"
        "order_total,"
        "order_currency,payment_method"
    )
    return Export(Sheet("orders.csv", header.split(","), rows), truth)


def woo_analytics(rng: Random) -> Export:
    """Net revenue of orders; a refund on a row of its own, beside the refunded order."""
    truth, rows = Truth(), Rows()
    for order in orders(rng, "completed refunded partly"):
        state = "refunded" if order.kind == "refunded" else "completed"
        refund = order.net if order.kind == "refunded" else order.refund
        for value in [order.net, *([-refund] if refund else [])]:
            rows.append([
                f"{order.day} 10:03:11", order.number, f"€{point(value)}", point(value), state, order.name,
                "returning", f"{order.lines[0].quantity}× Mug", 3, "",
            ])  # fmt: skip
        truth.add(order, "sale", 1, order.net)
        if refund:
            truth.add(order, "return", 1, -refund)
    header = (
        "Date,Order #,N. Revenue (formatted),N. Revenue,Status,Customer,Customer Type,Product(s),Items Sold,"
        "Coupon(s)"
    )
    return Export(Sheet("orders.csv", header.split(","), rows), truth)


def stripe(rng: Random) -> Export:
    """Payments in two currencies, converted to the account's; failed ones; refunds in part and whole."""
    truth, rows = Truth(), Rows()
    for order in orders(rng, "paid failed refunded partly uncaptured"):
        refund = order.net if order.kind == "refunded" else order.refund
        state = {"failed": "Failed", "refunded": "Refunded", "uncaptured": "Uncaptured"}.get(
            order.kind, "Paid"
        )
        factor, currency = rng.choice([(1, "eur"), (2, "usd")])
        rows.append([
            f"ch_{order.number}", "Subscription", f"{order.day} 10:03", comma(factor * order.net),
            comma(factor * refund), currency, comma(order.net), comma(refund), "1,25", "0,00", "eur",
            "Live", state,
            f"cus_{order.customer}", order.name, order.email.upper(), str(state != "Uncaptured").lower(), "",
        ])  # fmt: skip
        void = order.kind in {"failed", "refunded", "uncaptured"}
        truth.add(order, "excluded:cancelled" if void else "sale", 1, order.net - refund)
    header = (
        "id,Description,Created date (UTC),Amount,Amount Refunded,Currency,Converted Amount,Converted "
        "Amount Refunded,"
        "Fee,Tax,Converted Currency,Mode,Status,Customer ID,Customer Description,Customer Email,Captured,"
        "Invoice ID"
    )
    return Export(Sheet("unified_payments.csv", header.split(","), rows), truth)


def prestashop(rng: Random) -> Export:
    """Totals with tax that no column gives: its rate is asked for. The reference is the order."""
    spanish, truth, rows = rng.random() < 0.5, Truth(), Rows()
    states = {
        "sold": ("Payment accepted", "Pago aceptado"), "shipped": ("Shipped", "Enviado"),
        "cancelled": ("Canceled", "Cancelado"), "refunded": ("Refunded", "Reembolsado"),
        "error": ("Payment error", "Error en pago"),
        "short": ("On backorder (paid)", "Pedido pendiente por falta de stock (pagado)"),
    }  # fmt: skip
    for order in orders(rng, "sold shipped cancelled refunded error short", rates=(21,)):
        value = point(order.taxed(order.net)) if not spanish else comma(order.taxed(order.net))
        rows.append([
            order.number - 1000, f"XK{order.number}BTR", int(order.number % 4 == 0), "Spain", order.name,
            f"{value} €" if spanish else f"€{value}", "Card", states[order.kind][spanish],
            f"{order.day} 10:03:11",
        ])  # fmt: skip
        void = order.kind in {"cancelled", "refunded", "error"}
        truth.add(order, "excluded:cancelled" if void else "sale", 1, order.net)
    header = (
        "ID;Referencia;Nuevo cliente;Entrega;Cliente;Total;Pago;Estado;Fecha"
        if spanish
        else "ID;Reference;New client;Delivery;Customer;Total;Payment;Status;Date"
    )
    sheet = Sheet("order_2024.csv", header.split(";"), rows, separator=";")
    return Export(sheet, truth, {"prices_include_tax": 0.21})


def magento(rng: Random) -> Export:
    """Closed orders are refunded; a refund in part has tax in it, of which only the grand total tells."""
    truth, rows = Truth(), Rows()
    for order in orders(rng, "complete canceled closed partly held", rates=(21,)):
        net = order.net + order.off
        refund = net if order.kind == "closed" else order.refund
        whole = order.taxed(net) + order.shipping
        back = whole if order.kind == "closed" else order.taxed(refund)
        state = {"canceled": "Canceled", "closed": "Closed", "held": "On Hold"}.get(order.kind, "Complete")
        rows.append([
            f"{order.number:09}", "Main Website", order.day.strftime("%b %d, %Y 10:03:11 AM"), order.name,
            order.name,
            point(whole), point(whole), state, order.email, point(net), point(order.shipping), point(back),
        ])  # fmt: skip
        void = order.kind in {"canceled", "closed", "held"}
        truth.add(order, "excluded:cancelled" if void else "sale", 1, net - refund)
    header = (
        "ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total "
        "(Purchased),Status,"
        "Customer Email,Subtotal,Shipping and Handling,Total Refunded"
    )
    return Export(Sheet("export.csv", header.split(","), rows), truth)


def amazon(rng: Random) -> Export:
    """The price is of the line and includes tax; promotions; cancelled lines without price; tabs."""
    truth, rows = Truth(), Rows()
    for order in orders(rng, "shipped cancelled pending"):
        void = order.kind in {"cancelled", "pending"}
        for line in order.lines:
            # as the report has it: tax is that of what is left after the promotion
            rows.append([
                f"404-{order.number}", f"{order.day}T10:03:11+00:00", order.email,
                {"cancelled": "Cancelled", "pending": "Pending"}.get(order.kind, "Shipped"), "Amazon.es",
                "Mug",
                line.product, "Unshipped", 0 if void else line.quantity, "" if void else "EUR",
                "" if void else point(order.taxed(line.net + line.off)),
                "" if void else point(order.taxed(line.net) - line.net), "4.99",
                "" if void else point(order.taxed(line.off)),
            ])  # fmt: skip
        value = sum(line.net for line in order.lines)
        truth.add(order, "excluded:cancelled" if void else "sale", len(order.lines), value)
    header = (
        "amazon-order-id purchase-date buyer-email order-status sales-channel product-name sku item-status "
        "quantity "
        "currency item-price item-tax shipping-price item-promotion-discount"
    )
    return Export(Sheet("12345.txt", header.split(), rows, separator="\t"), truth)


def factusol(rng: Random) -> Export:
    """Codes start anew in each series; bases of three rates."""
    truth, rows, numbers = Truth(), Rows(), Counter[int]()
    for order in orders(rng):
        series = rng.choice([1, 2])
        numbers[series] += 1
        base = [0, 0, 0]
        for i, line in enumerate(order.lines):
            base[i] += line.net
        whole = base[0] * 121 // 100 + base[1] * 110 // 100 + base[2] * 104 // 100
        rows.append([
            series, numbers[series], order.day, 4300000 + order.customer, order.name, 3,
            sum(base) / 100, *[one / 100 for one in base], whole / 100,
        ])  # fmt: skip
        truth.add(order, "sale", 1, sum(base), (series, numbers[series]))
    header = "TIPFAC CODFAC FECFAC CLIFAC CNOFAC AGEFAC NET1FAC BAS1FAC BAS2FAC BAS3FAC TOTFAC"
    return Export(Sheet("F_FAC.xlsx", header.split(), rows), truth)


def sap(rng: Random) -> Export:
    """Totals with VAT and freight; a cancelled document and the one that cancels it."""
    truth, rows = Truth(), Rows()
    for order in orders(rng, "sold cancelled"):
        tax = order.taxed(order.net + order.shipping) - order.net - order.shipping
        for state in ["Y", "C"] if order.kind == "cancelled" else ["N"]:
            rows.append([
                len(rows) + 1, 5000 + len(rows), order.day.isoformat(), order.day.isoformat(),
                f"C{order.customer:05}",
                order.name, point(order.net + order.shipping + tax), point(tax), point(order.shipping),
                "USD" if order.number % 6 == 0 else "EUR", 4, state, "C",
            ])  # fmt: skip
            outcome = "sale" if state == "N" else "excluded:cancelled"
            truth.add(order, outcome, 1, order.net)
    header = (
        "DocEntry,DocNum,DocDate,DocDueDate,CardCode,CardName,DocTotal,VatSum,TotalExpns,DocCur,SlpCode,"
        "CANCELED,"
        "DocumentStatus"
    )
    return Export(Sheet("OINV.csv", header.split(","), rows), truth)


def hubspot(rng: Random) -> Export:
    """Won deals are sales; stages in the company's own words, close dates that are to come or missing."""
    return _deals(
        rng,
        "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Deal owner,Pipeline,Associated Company",
        "hubspot-crm-exports-all-deals.csv",
        ["Appointment scheduled", "Demo done", "Closed lost"],
        "Closed won",
        lambda one, stage, value, close: [
            7000 + one.number, f"{one.name} - {one.number}", stage, value, close, f"{one.day} 09:00",
            "Marta Sol",
            "Sales", f"{one.name} SL",
        ],
    )  # fmt: skip


def salesforce(rng: Random) -> Export:
    """The same, in Salesforce's columns."""
    return _deals(
        rng,
        "Opportunity ID,Opportunity Name,Account Name,Opportunity Owner,Stage,Amount,Close Date,Created "
        "Date,Type",
        "report.csv",
        ["Prospecting", "Needs Analysis", "Closed Lost"],
        "Closed Won",
        lambda one, stage, value, close: [
            f"006{one.number}", f"{one.name} - {one.number}", f"{one.name} SL", "Marta Sol", stage, value,
            close,
            one.day.isoformat(), "New Business",
        ],
    )  # fmt: skip


def _deals(  # noqa: PLR0917
    rng: Random, header: str, name: str, stages: list[str], won: str, row: Callable[..., list[object]]
) -> Export:
    truth, rows = Truth(), Rows()
    for order in orders(rng, "sold open open lost"):
        stage = {"open": rng.choice(stages[:2]), "lost": stages[2]}.get(order.kind, won)
        close = {"open": rng.choice(["", "2031-05-06"])}.get(order.kind, order.day.isoformat())
        rows.append(row(order, stage, point(order.net), close))
        truth.add(order, "sale" if stage == won else "excluded:cancelled", 1, order.net)
    return Export(Sheet(name, header.split(","), rows), truth)


EXPORTS: dict[str, Callable[[Random], Export]] = {
    "shopify_orders": shopify,
    "aeat_issued_invoices": aeat,
    "odoo_invoices": odoo_invoices,
    "odoo_invoice_lines": odoo_invoice_lines,
    "odoo_orders": odoo_orders,
    "holded_invoices": holded,
    "accountants_list": accountants,
    "woocommerce_lines": woo_lines,
    "woocommerce_orders": woo_orders,
    "woocommerce_analytics": woo_analytics,
    "stripe_payments": stripe,
    "prestashop_orders": prestashop,
    "magento_orders": magento,
    "amazon_orders": amazon,
    "factusol_invoices": factusol,
    "sap_business_one_invoices": sap,
    "hubspot_deals": hubspot,
    "salesforce_opportunities": salesforce,
}
"""A generator for each system that is known, by the name of its declaration."""
