"""Tables about money and goods: invoices, deliveries, stock, acquisition spending, the market."""

from __future__ import annotations

from dataclasses import replace

from analysis.dataset.schema.declaration import Column, Link, Sequence, Table, listed
from analysis.dataset.schema.people import CURRENCY, CUSTOMER
from analysis.dataset.schema.transactions import TRANSACTIONS
from analysis.language import N_

_ORDER = TRANSACTIONS.column("order_id")
_PRODUCT = TRANSACTIONS.column("product_id")

INVOICES = Table(
    "invoices",
    N_("Invoices"),
    listed(
        "invoices, receivables, open items, bills, payments, facturas, cobros, vencimientos, recibos, "
        "efectos, cartera de cobros, pendiente de cobro, facturas emitidas"
    ),
    (
        replace(_ORDER, name="invoice_id", meaning=N_("the invoice, as in the sales")),
        CUSTOMER,
        Column(
            "issued", "date", "calendar day", N_("day of the invoice"),
            listed(
                "issued on, issue date, invoice date, date, document date, posting date, fecha, "
                "invoice bill date, fecha factura, fecha de factura, fecha emision, fecha de emision, "
                "emision, fecha expedicion, f factura"
            ),
        ),
        Column(
            "due", "date", "calendar day", N_("day by which it is to be paid"),
            listed(
                "due date, due on, payable by, maturity, vencimiento, fecha vencimiento, "
                "fecha de vencimiento, vence, fecha vto, vto, f vencimiento"
            ),
        ),
        Column(
            "paid", "date", "calendar day", N_("day it was paid; empty while it is open"),
            listed(
                "paid on, paid at, paid date, payment date, date paid, settled, settled date, "
                "settlement date, settled on, date settled, cleared date, clearing date, closed at date, "
                "cobro, cobrado el, pagado el, "
                "fecha liquidacion, fecha de liquidacion, f cobro, f pago, fecha cobro, "
                "fecha de cobro, cobrada, fecha pago, fecha de pago, pagada, pago"
            ),
            event=True,
        ),
        Column(
            "amount", "money", "currency", N_("what is to be paid, on the same terms as the sales"),
            TRANSACTIONS.column("amount").names,
            (*TRANSACTIONS.column("amount").fallback_names, listed("original amount, importe original")),
        ),
        Column(
            "paid_amount", "money", "currency", N_("what was paid"),
            listed(
                "amount paid, payment, payment amount, collected, importe cobrado, cobrado, importe pagado, "
                "pagado, total cobrado"
            ),
            known_with="paid",
        ),
        CURRENCY,
    ),
    required=("customer_id", "issued", "amount"),
    telling=("due", "paid", "paid_amount"),
    dated="issued",
    links=(
        Link("customer_id", "transactions", "customer_id", N_("of customers without sales")),
        Link("invoice_id", "transactions", "order_id", N_("that stand in no sale")),
    ),
    sequences=(
        Sequence("issued", "due", N_("due before they were issued")),
        Sequence("issued", "paid", N_("paid before they were issued")),
    ),
)  # fmt: skip

DELIVERIES = Table(
    "deliveries",
    N_("Deliveries"),
    listed("deliveries, shipments, shipping, delivery notes, entregas, envios, expediciones, albaranes"),
    (
        replace(_ORDER, meaning=N_("the order, as in the sales")),
        CUSTOMER,
        Column(
            "ordered", "date", "calendar day", N_("day of the order"),
            listed(
                "ordered on, order date, date, placed on, placed at, fecha pedido, fecha de pedido, "
                "f pedido, pedida, fecha, fecha solicitud"
            ),
            (listed("created at, created, fecha albaran, fecha de albaran"),),
        ),
        Column(
            "delivered", "date", "calendar day", N_("day it arrived; empty while it is under way"),
            listed(
                "delivered on, delivered at, delivered date, delivery date, arrived, received, "
                "fecha entrega, fecha de entrega, f entrega, fecha de recepcion, "
                "entregado, entregada, fecha recepcion, entrega"
            ),
            event=True,
        ),
        Column(
            "quantity_ordered", "number", "units", N_("units ordered"),
            listed(
                "ordered quantity, qty ordered, ordered qty, units ordered, cantidad pedida, "
                "unidades pedidas, cantidad solicitada, cant pedida, uds pedidas"
            ),
        ),
        Column(
            "quantity_delivered", "number", "units", N_("units that arrived"),
            listed(
                "delivered quantity, qty delivered, delivered qty, units delivered, quantity shipped, "
                "shipped quantity, qty shipped, cantidad entregada, unidades entregadas, "
                "cantidad servida, unidades servidas, cant entregada, cant servida, uds entregadas, "
                "uds servidas"
            ),
            known_with="delivered",
        ),
    ),
    required=("ordered",),
    any_of=("order_id", "customer_id"),
    telling=("delivered",),
    dated="ordered",
    links=(
        Link("order_id", "transactions", "order_id", N_("that stand in no sale")),
        Link("customer_id", "transactions", "customer_id", N_("of customers without sales")),
    ),
    sequences=(Sequence("ordered", "delivered", N_("delivered before they were ordered")),),
)  # fmt: skip

STOCK = Table(
    "stock",
    N_("Stock"),
    listed(
        "stock, inventory, on hand, warehouse, existencias, inventario, almacen, stocks, "
        "valoracion stock"
    ),
    (
        replace(_PRODUCT, fallback_names=(*_PRODUCT.fallback_names, listed("id, code, codigo, cod"))),
        Column(
            "on_hand", "number", "units", N_("units in stock"),
            listed("stock, inventory, existencias, existencia, stock actual, stock real, stock on hand"),
            (
                listed("quantity, qty, units, cantidad, unidades, uds"),
                listed("available, disponible, stock disponible"),
            ),
        ),
        Column(
            "date", "date", "calendar day", N_("day of the count"),
            listed(
                "stock date, as of, counted on, snapshot, fecha, fecha stock, fecha inventario, "
                "fecha recuento"
            ),
        ),
    ),
    required=("product_id", "on_hand"),
    telling=("on_hand",),
    dated="date",
    links=(Link("product_id", "transactions", "product_id", N_("of products that were never sold")),),
)  # fmt: skip

SPEND = Table(
    "spend",
    N_("Acquisition spending"),
    listed(
        "spend, spending, marketing spend, ad spend, acquisition costs, expenses, gastos, gasto, inversion, "
        "gastos captacion, gastos de captacion, gastos comerciales, gastos marketing, inversion marketing, "
        "costes captacion"
    ),
    (
        Column(
            "month", "month", "first day of the month", N_("month of the spending"),
            listed("period, date, day, mes, periodo, fecha, dia, ano mes, mes ano"),
        ),
        Column(
            "channel", "text", "", N_("acquisition channel it was spent on"),
            listed("source, acquisition channel, canal, canal captacion, canal de captacion, origen, medio"),
        ),
        Column(
            "kind", "text", "", N_("what it was spent on: salaries, tools, advertising, events …"),
            listed(
                "type, concept, item, category, tipo, concepto, partida, tipo gasto, tipo de gasto, "
                "categoria"
            ),
            (listed("campaign, campana"),),
        ),
        Column(
            "amount", "money", "currency", N_("money spent"),
            listed(
                "spend, cost, spending, value, total, expense, importe, gasto, coste, costo, inversion, "
                "importe gasto, euros"
            ),
        ),
        CURRENCY,
    ),
    required=("month", "amount"),
    telling=("kind", "channel"),
    dated="month",
)  # fmt: skip

MARKET = Table(
    "market",
    N_("Market"),
    listed(
        "market, market shares, market size, mercado, cuotas de mercado, tamano de mercado, "
        "cuotas mercado"
    ),
    (
        Column(
            "segment", "text", "", N_("part of the market, such as a sector or a region"),
            listed("market segment, sector, region, segmento, segmento mercado, segmento de mercado, ramo"),
            (listed("cnae, actividad, zona, provincia"),),
        ),
        Column(
            "size", "number", "as the table gives it", N_("how big the segment is"),
            listed(
                "market size, volume, companies, customers, tamano, tamano mercado, tamano de mercado, "
                "volumen, n empresas, no empresas, empresas, num empresas, numero empresas, "
                "numero de empresas, valor"
            ),
        ),
        Column(
            "share", "percent", "percent", N_("share of the segment in the market"),
            listed(
                "market share, pct, weight, cuota, cuota mercado, cuota de mercado, peso, pct mercado, "
                "cuota pct, pct cuota, pct peso, share pct, pct share, market share pct"
            ),
        ),
    ),
    required=("segment",),
    any_of=("size", "share"),
    telling=("size", "share"),
    key=("segment",),
)  # fmt: skip
