"""Words for the state of an order, and for documents that take a sale back, as programs write them.

Words are compared as names are: without case, accents, spaces and signs.
"""

from __future__ import annotations

from analysis.dataset.schema import same_name
from analysis.dataset.schema.declaration import listed

VOID = frozenset(
    map(
        same_name,
        listed(
            "cancelled, canceled, cancelada, cancelado, anulada, anulado, void, voided, annulled, refunded, "
            "fully refunded, reembolsado, reembolsada, devuelto, devuelta, failed, fallido, fallida, "
            "declined, denied, rejected, rechazado, rechazada, denegado, denegada, draft, borrador, "
            "checkout draft, expired, caducado, caducada, lost, closed lost, perdido, perdida, abandoned, "
            "abandonado, abandonada, trash, payment error, error, presupuesto, quotation, quote"
        ),
    )
)
"""States of an order or invoice that never came to be, or was wholly undone."""

SOLD = frozenset(
    map(
        same_name,
        listed(
            "completed, complete, paid, partially paid, partially refunded, partial, open, pending, "
            "pending payment, authorized, authorised, captured, processing, processed, in process, "
            "in progress, on hold, shipped, partially shipped, in transit, sent, delivered, fulfilled, "
            "unfulfilled, partially fulfilled, received, invoiced, to invoice, posted, confirmed, accepted, "
            "approved, won, closed won, closed, done, finished, sale, sales order, active, success, "
            "succeeded, successful, settled, new, ready, overdue, due, unpaid, not paid, in payment, "
            "completado, completada, completo, completa, pagado, pagada, parcialmente pagado, "
            "parcialmente pagada, cobrado, cobrada, parcialmente cobrada, abierto, abierta, pendiente, "
            "pendiente de pago, pendiente de cobro, autorizado, autorizada, procesando, procesado, "
            "procesada, en proceso, en curso, en espera, en preparacion, preparado, enviado, enviada, "
            "en reparto, en transito, entregado, entregada, servido, servida, recibido, recibida, "
            "facturado, facturada, emitida, emitido, contabilizado, contabilizada, confirmado, confirmada, "
            "pago aceptado, pago remoto aceptado, payment accepted, remote payment accepted, "
            "awaiting payment, awaiting shipment, awaiting fulfillment, awaiting check payment, "
            "awaiting bank wire payment, en espera de pago, preparacion en curso, processing in progress, "
            "aceptado, aceptada, aprobado, aprobada, ganado, ganada, cerrado, cerrada, finalizado, "
            "finalizada, terminado, terminada, vencido, vencida, impagado, impagada, nuevo, nueva, "
            "pedido de venta, publicado, publicada, no pagada, no pagado, tramitado, tramitada, listo"
        ),
    )
)
"""States of an order or invoice that is a sale, paid or not."""

CREDIT_NOTE = (
    r"nc|r[1-5]|abonos?|facturadeabono|facturaabono|.*rectificativ.*|nota(de)?(credito|abono).*|credit|"
    r".*credit(note|memo).*|chargeback|contracargo|devoluci(on|ones).*|returns?|refunds?|.*refund|reembolso|gutschrift|avoir|storno"
)
"""Kinds of document that take a sale back, as a regular expression over words without spaces and signs."""
