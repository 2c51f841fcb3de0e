"""The sales: the one table that every data set has."""

from __future__ import annotations

from analysis.dataset.schema.declaration import Column, Link, Table, listed
from analysis.language import N_

TAX_NUMBERS = listed(
    "nif, cif, nif cif, cif nif, dni, cif dni, dni nif, nif dni, nif cliente, cif cliente, dni cliente, "
    "nif receptor, nif destinatario, nif del cliente, customer vat, customer vat number, customer tax id, "
    "vat number, vat no, vat id, vat registration number, tax id, tax number"
)
"""Headers under which customers stand with their tax number, with or without country and hyphens."""
_FULL_NAMES = listed(
    "customer name, client name, customer display name, customer full name, partner display name, "
    "invoice partner display name, nombre cliente, nombre del cliente, nombre de cliente, cliente nombre, "
    "nombre receptor, nombre destinatario, razon social cliente, nombre o razon social, razon social"
)
_COMPANY_NAMES = listed(
    "company, company name, billing name, ship name, nombre, nombre fiscal, nombre comercial, empresa"
)

_COLUMNS = (
    Column(
        "customer_id",
        "identifier",
        "",
        N_("who bought"),
        listed(
            "customer code, customer no, customer number, customer key, cust id, cust no, client id, "
            "client code, client no, client number, account id, account no, account number, buyer id, "
            "user id, member id, shopper id, household id, household key, sold to party, debtor no, "
            "id cliente, cliente id, codigo cliente, codigo de cliente, cod cliente, cod de cliente, "
            "cliente codigo, num cliente, no cliente, n cliente, numero cliente, numero de cliente, "
            "ref cliente, clave cliente, cuenta cliente, id de cliente, codcli, id socio, num socio, "
            "no socio, n socio, numero socio, numero de socio, cod socio, codigo socio, no abonado, "
            "numero abonado, "
            "customer user id, customer reference, partner id, cod clte, codigo clte, n cte, cod cte, "
            "codigo cte, cta cliente, cuenta contable, subcuenta, codigo tercero, tercero, "
            "id contacto"
        ),
        (
            listed(
                "customer, client, cliente, account, buyer, partner, socio, deudor, debtor, sold to, "
                "bill to, invoice partner, contacto, contact"
            ),
            TAX_NUMBERS,
            listed(
                "email, email address, customer email, billing email, email billing, billing email address, "
                "buyer email, contact email, email cliente, email del cliente, correo, correo electronico, "
                "correo cliente, correo del cliente"
            ),
            (*_FULL_NAMES, *_COMPANY_NAMES),
        ),
    ),
    Column(
        "customer_name",
        "text",
        "",
        N_("name of the customer"),
        _FULL_NAMES,
        (listed("customer, client, cliente, buyer, partner"), _COMPANY_NAMES),
        canonical=False,
    ),
    Column(
        "date",
        "date",
        "calendar day",
        N_("day of the sale"),
        listed(
            "invoice date, order date, sale date, sales date, transaction date, purchase date, "
            "document date, posting date, billing date, doc date, order time, trans date, fecha, "
            "fecha factura, fecha de factura, fecha pedido, fecha de pedido, fecha venta, "
            "fecha de venta, fecha documento, fecha doc, fecha operacion, fecha compra, "
            "fecha de compra, fecha emision, fecha de emision, fecha albaran, fecha expedicion, "
            "fecha ticket, f factura, fec factura, fec, invoice bill date, order placed, "
            "fecha y hora, fecha hora, fecha del pedido, fecha de la factura, fecha apunte, "
            "fecha contable, issued on, issue date, issued, created date, created date utc, "
            "order purchase timestamp, purchase timestamp, order timestamp, order datetime, invoicedate"
        ),
        (
            listed(
                "created at, created, created utc, timestamp, datetime, day, dia, fecha alta, fecha creacion"
            ),
            listed("paid at, completed at"),
        ),
    ),
    Column(
        "amount",
        "money",
        "currency",
        N_("value of the line, net of discounts, without tax, negative for a return"),
        listed(
            "net amount, net sales, net value, net revenue, net, net total, net price, "
            "untaxed amount, amount untaxed, untaxed amount signed, tax excluded amount, "
            "amount excl tax, amount excl vat, amount ex vat, total excl tax, total excl vat, "
            "total ex vat, importe neto, neto, base, base imponible, base imp, b imponible, "
            "venta neta, ventas netas, total neto, valor neto, imp neto, importe sin iva, "
            "total sin iva, importe sin impuestos, total sin impuestos, neto factura, total base, "
            "n revenue, untaxed total, subtotal excluding taxes, subtotal excluding tax, "
            "subtotal without tax, "
            "subtotal sin iva, order subtotal amount, order lines subtotal, lineas del pedido subtotal, "
            "order line subtotal, invoice lines subtotal, lineas de factura subtotal, net line amount, "
            "importe neto linea"
        ),
        (
            listed(
                "amount, sales, revenue, turnover, line total, line amount, line value, total, "
                "total amount, total price, subtotal, sales amount, sale amount, order value, "
                "order total, invoice amount, invoice total, value, dollar value, sales value, "
                "extended price, spend, price total, importe, total linea, importe linea, "
                "importe total, total factura, total importe, importe factura, facturacion, venta, "
                "ventas, importe venta, valor, total venta, imp, facturado, order total amount, "
                "total signed, amount total, total con iva, total con impuestos, total pagado, "
                "importe con iva, line subtotal, subtotal linea, grand total, grand total base, "
                "total pedido, "
                "total incl tax, total incl vat, total including tax, total including vat, total with vat, "
                "total with tax, total tax included, total iva incluido, importe iva incluido, total ticket, "
                "importe iva incl, importe iva inc, total iva incl, total iva inc, importe total con iva, "
                "importe impuestos incluidos, total impuestos incluidos, total factura con iva, "
                "amount incl vat, amount inc vat, amount incl tax, amount inc tax, amount including vat, "
                "amount including tax, amount with vat, amount with tax, total inc vat, total inc tax, "
                "order amount, total albaran, total documento"
            ),
        ),
    ),
    Column(
        "order_id",
        "identifier",
        "",
        N_("invoice, order or ticket the line is on"),
        listed(
            "order, order no, order number, invoice, invoice id, invoice no, invoice number, "
            "transaction id, basket id, receipt, receipt no, ticket, document, document no, "
            "document number, doc no, sales order, bill no, billing document, pedido, id pedido, "
            "num pedido, n pedido, no pedido, numero pedido, numero de pedido, factura, id factura, "
            "num factura, n factura, no factura, numero factura, numero de factura, num doc, "
            "numero documento, documento, albaran, num albaran, n documento, no documento, "
            "num ticket, n ticket, numero ticket, fra, n fra, fra no, fra n, no fra, num fra, "
            "numero fra, factura no, factura n, no de factura, n de factura, no de pedido, "
            "n de pedido, id de pedido, numero albaran, no albaran, no ticket, codigo factura, "
            "codigo pedido, cod factura, cod pedido, num pedido web, order reference, reference no"
        ),
        (listed("number, num, numero, no documento interno, name"),),
    ),
    Column(
        "invoice_series",
        "text",
        "",
        N_("series of the invoice, which with its number tells it from others"),
        listed("serie, serie factura, serie de factura, serie documento, invoice series, num serie, tipfac"),
        canonical=False,
    ),
    Column(
        "product_id",
        "identifier",
        "",
        N_("what was bought"),
        listed(
            "product code, product no, sku, item id, item no, item code, stock code, article no, "
            "article code, part number, part no, upc, ean, product key, id producto, codigo producto, "
            "cod producto, id articulo, codigo articulo, cod articulo, codigo de articulo, "
            "ref articulo, codart, codigo de producto, referencia articulo, lineitem sku, item sku, "
            "product sku, product reference, ref producto, referencia producto, cod articulo barras, "
            "codigo barras, codigo de barras, barcode, order lines product, invoice lines product, "
            "lineas del pedido producto, lineas de factura producto"
        ),
        (listed("product, item, article, producto, articulo, referencia, ref, material"),),
    ),
    Column(
        "category",
        "text",
        "",
        N_("group of products"),
        listed(
            "product category, product group, product line, product family, item category, categoria, "
            "familia, linea de producto, familia articulo, categoria producto, familia de producto, "
            "familia articulos, grupo articulos, grupo de articulos"
        ),
        (listed("department, linea, grupo, seccion, tipo producto"),),
    ),
    Column(
        "quantity",
        "number",
        "units",
        N_("units bought, negative for a return"),
        listed(
            "qty, units, pieces, units sold, order quantity, quantity sold, number of cds, qty sold, "
            "quantity ordered, cantidad, cant, unidades, uds, ud, uds vendidas, unidades vendidas, "
            "cantidad vendida, piezas, ctd, billed quantity, lineitem quantity, item quantity, "
            "order lines quantity, invoice lines quantity, lineas del pedido cantidad, "
            "lineas de factura cantidad, quantity invoiced, cantidad facturada, cantidad pedida, "
            "unid, und, unds, ctdad, cdad"
        ),
    ),
    Column(
        "unit_price",
        "money",
        "currency per unit",
        N_("price of one unit before discount"),
        listed(
            "price per unit, item price, sale price, sales price, list price, price each, "
            "precio unitario, precio venta, precio ud, precio unidad, precio de venta, p unitario, "
            "precio unit, lineitem price, pvp unitario, pvp unidad, importe unitario, "
            "precio x unidad, p unit, p u, item cost"
        ),
        (listed("price, precio, tarifa, pvp"),),
        canonical=False,
    ),
    Column(
        "gross_amount",
        "money",
        "currency",
        N_("value of the line before discounts"),
        listed(
            "gross sales, gross value, gross revenue, amount before discount, importe bruto, bruto, "
            "ventas brutas, venta bruta, total bruto"
        ),
    ),
    Column(
        "discount",
        "money",
        "currency",
        N_("discount on the line, positive"),
        listed(
            "discount amount, discount value, rebate, descuento, dto, dcto, importe descuento, "
            "importe dto, descuento importe, rappel, bonificacion, line discount, discount total, "
            "importe del descuento, dto importe"
        ),
    ),
    Column(
        "discount_pct",
        "percent",
        "percent",
        N_("discount on the line in percent"),
        listed(
            "pct discount, discount percent, discount percentage, discount rate, dto pct, pct dto, "
            "descuento pct, pct descuento, porcentaje descuento, porcentaje dto, descuento porcentaje"
        ),
        canonical=False,
    ),
    Column(
        "cost",
        "money",
        "currency",
        N_("cost of the goods on the line"),
        listed(
            "cogs, cost amount, total cost, line cost, cost of goods, cost of goods sold, "
            "cost of sales, coste, costo, coste total, importe coste, coste linea, costo total, "
            "coste de ventas, coste venta, importe de coste, coste importe, precio coste total"
        ),
    ),
    Column(
        "unit_cost",
        "money",
        "currency per unit",
        N_("cost of one unit"),
        listed(
            "cost per unit, product cost, standard cost, cost price, purchase price, "
            "coste unitario, costo unitario, precio coste, precio de coste, "
            "precio costo, precio de costo, coste ud, coste unidad, coste por unidad, p coste, "
            "precio de compra, precio compra, coste estandar"
        ),
        canonical=False,
    ),
    Column(
        "channel",
        "text",
        "",
        N_("way the sale was made"),
        listed(
            "sales channel, order channel, canal, canal de venta, canal venta, punto de venta, "
            "source name, canal de ventas, origen, origen pedido"
        ),
        (listed("store, shop, branch, outlet, tienda, sucursal, almacen, delegacion, store id"),),
    ),
    Column(
        "salesperson",
        "text",
        "",
        N_("who made the sale"),
        listed(
            "sales rep, salesman, seller, agent, rep, account manager, sales representative, "
            "employee, vendedor, comercial, agente, representante, cod vendedor, codigo vendedor, "
            "cod agente, codigo agente, cod comercial, dependiente, empleado, sales agent, "
            "sales executive, nombre vendedor, cod vend, cod rep, nombre agente"
        ),
    ),
    Column(
        "status",
        "text",
        "",
        N_("state of the order or invoice"),
        listed(
            "order status, invoice status, document status, estado, estado factura, estado pedido, "
            "situacion, estado del pedido, estado documento, financial status, payment status, "
            "estado pago, estado de la factura"
        ),
        canonical=False,
    ),
    Column(
        "cancelled_on",
        "text",
        "",
        N_("day on which the order was cancelled, or whether it was"),
        listed(
            "cancelled at, canceled at, cancelled on, fecha anulacion, fecha de anulacion, fecha cancelacion"
        ),
        canonical=False,
    ),
    Column(
        "total_with_all",
        "money",
        "currency",
        N_(
            "what was to be paid for the whole order, with tax and carriage: tells what other columns include"
        ),
        (),
        canonical=False,
    ),
    Column(
        "tax",
        "money",
        "currency",
        N_("tax on the line, where the amount includes it"),
        listed(
            "tax amount, vat, vat amount, vat charged, taxes, sales tax, order total tax amount, total tax, "
            "iva, cuota iva, importe iva, total iva, impuestos, total impuestos, cuota de iva, cuota"
        ),
        canonical=False,
    ),
    Column(
        "shipping",
        "money",
        "currency",
        N_("carriage of the order, which is no sale of goods"),
        listed(
            "shipping cost, shipping amount, shipping charge, shipping total, total shipping, "
            "order shipping, order shipping amount, postage, freight, delivery charge, portes, "
            "envio, transporte, gastos de envio, gasto de envio, coste de envio, importe envio, "
            "importe portes"
        ),
        canonical=False,
    ),
    Column(
        "extra",
        "money",
        "currency",
        N_("tips and fees of the order, which are no sales of goods"),
        listed(
            "tip, tips, tip amount, gratuity, propina, propinas, fees, service fee, handling fee, fee total, "
            "order fee, cargos, recargo, comision de servicio"
        ),
        canonical=False,
    ),
    Column(
        "refunded",
        "money",
        "currency",
        N_("what was given back of the amount, positive"),
        listed(
            "amount refunded, refunded amount, total refunded, refund amount, refund total, "
            "importe devuelto, importe reembolsado, total devuelto, total reembolsado, devuelto, reembolso"
        ),
        canonical=False,
    ),
    Column(
        "refunded_on",
        "date",
        "calendar day",
        N_("day on which it was given back"),
        listed(
            "refund date, refunded at, date refunded, refund day, date of refund, fecha devolucion, "
            "fecha de devolucion, fecha reembolso, fecha de reembolso, fecha del reembolso, devuelto el"
        ),
        canonical=False,
    ),
    Column(
        "document_type",
        "text",
        "",
        N_("kind of document: invoice, credit note …"),
        listed(
            "doc type, type of document, transaction type, invoice type, tipo documento, tipo de documento, "
            "tipo doc, tipo factura, tipo de factura, clase documento, clase de factura, tipo operacion"
        ),
        (listed("type, tipo, kind, clase"),),
        canonical=False,
    ),
    Column(
        "reference",
        "identifier",
        "",
        N_("order or invoice that the row takes back"),
        listed(
            "refund of, original order, original invoice, parent order, parent id, credited invoice, "
            "related order, rectifica a, factura rectificada, factura original, pedido original, "
            "documento origen, factura origen"
        ),
        canonical=False,
    ),
    Column(
        "currency",
        "text",
        "",
        N_("currency of the amounts"),
        listed(
            "currency code, iso currency, curr, divisa, moneda, cod divisa, codigo moneda, "
            "codigo divisa, cod moneda, order currency, document currency, doc currency, "
            "currency iso, tipo moneda"
        ),
        canonical=False,
    ),
    Column(
        "description",
        "text",
        "",
        N_("description of the product"),
        listed(
            "product name, item name, item description, product description, article description, "
            "descripcion articulo, nombre producto, descripcion producto, nombre articulo, "
            "lineitem name, nombre del producto, nombre del articulo, descripcion del articulo"
        ),
        (listed("description, descripcion, concepto, detalle"),),
        canonical=False,
    ),
)

TRANSACTIONS = Table(
    "transactions",
    N_("Sales"),
    listed(
        "transactions, sales, sales lines, invoice lines, order lines, orders, purchases, tickets, ventas, "
        "lineas, lineas de venta, lineas venta, lineas factura, lineas de factura, lineas pedido, pedidos, "
        "detalle ventas, detalle facturas, transacciones, movimientos, compras, albaranes venta, facturacion"
    ),
    _COLUMNS,
    required=("customer_id", "date", "amount"),
    dated="date",
    links=(Link("customer_id", "customers", "customer_id", N_("of customers without a record")),),
)
"""The amount may come from quantity × unit price, or from the gross amount less the discount."""
