"""Tables about customers: records, surveys, campaigns, contracts."""

from __future__ import annotations

from dataclasses import replace

from analysis.dataset.schema.declaration import Column, Link, Sequence, Table, listed
from analysis.dataset.schema.transactions import TRANSACTIONS
from analysis.language import N_

_SOLD_TO = TRANSACTIONS.column("customer_id")
CUSTOMER = replace(_SOLD_TO, meaning=N_("the customer, as in the sales"))
CURRENCY = TRANSACTIONS.column("currency")
_SELLER = TRANSACTIONS.column("salesperson")
SALESPERSON = replace(
    _SELLER,
    meaning=N_("who looks after it"),
    names=(
        *_SELLER.names,
        *listed("salesperson code, owner, account owner, lead owner, deal owner, propietario"),
    ),
)
_OWN_CODE = listed("id, code, codigo, cod, no, num, numero, clave, account")

CUSTOMERS = Table(
    "customers",
    N_("Customers"),
    listed(
        "customers, clients, accounts, customer master, customer list, clientes, maestro clientes, "
        "maestro de clientes, fichero clientes, listado clientes, listado de clientes, fichas clientes"
    ),
    (
        replace(CUSTOMER, fallback_names=(_OWN_CODE, *_SOLD_TO.fallback_names)),
        Column(
            "name", "text", "", N_("name of the customer"),
            listed(
                "customer name, client name, company, company name, account name, display name, nombre, "
                "nombre cliente, nombre del cliente, nombre o razon social, empresa, denominacion, cliente"
            ),
            (listed("nombre comercial"), listed("razon social, nombre fiscal")),
        ),
        Column(
            "type", "text", "", N_("kind of customer: consumer, company, public body …"),
            listed(
                "customer type, client type, account type, kind, customer group, tipo, tipo cliente, "
                "tipo de cliente, clase cliente, grupo cliente, grupo de clientes"
            ),
        ),
        Column(
            "sector", "text", "", N_("trade of the customer"),
            listed(
                "industry, trade, business, line of business, sector actividad, actividad, ramo, "
                "cnae, giro"
            ),
        ),
        Column(
            "region", "text", "", N_("where the customer is"),
            listed(
                "area, territory, zone, zona, territorio, sales region, sales territory, zona comercial, "
                "zona de venta"
            ),
            (
                listed("state, province, provincia, estado provincia, departamento"),
                listed("comunidad, comunidad autonoma, ccaa"),
                listed("country, country code, country region code, pais, cod pais, codigo pais"),
            ),
        ),
        Column(
            "size", "text", "", N_("how big the customer is"),
            listed(
                "company size, employees, number of employees, headcount, segment size, tamano, "
                "tamano empresa, tamano de empresa, n empleados, no empleados, num empleados, "
                "numero empleados, numero de empleados, empleados, dimension"
            ),
        ),
        SALESPERSON,
        Column(
            "acquisition_channel", "text", "", N_("way the customer was won"),
            listed(
                "acquired through, source, lead source, origin, channel, canal captacion, "
                "canal de captacion, canal de entrada, canal alta, origen, procedencia, "
                "como nos conocio, canal"
            ),
        ),
        Column(
            "acquisition_cost", "money", "currency", N_("what winning the customer cost"),
            listed(
                "cac, cost of acquisition, customer acquisition cost, coste captacion, "
                "coste de captacion, coste adquisicion, coste de adquisicion, costo de captacion"
            ),
        ),
        Column(
            "service_cost", "money", "currency per year",
            N_("what serving the customer costs in a year: visits, calls, orders, deliveries"),
            listed(
                "cost to serve, cost of service, yearly service cost, annual service cost, coste servicio, "
                "coste de servicio, coste de servir, coste servir, coste atencion, coste de atencion, "
                "coste anual de servicio, costo de servicio"
            ),
        ),
        Column(
            "potential", "money", "currency per year", N_("what the customer could buy in a year in all"),
            listed(
                "declared potential, yearly potential, annual potential, wallet, potential sales, "
                "potencial, potencial anual, potencial compra, potencial de compra, compra potencial, "
                "consumo potencial, potencial declarado"
            ),
        ),
        Column(
            "consent", "choice", "", N_("whether the customer agreed to be contacted: yes or no"),
            listed(
                "marketing consent, consent given, opt in, optin, email opt in, marketing opt in, gdpr, "
                "gdpr consent, accepts marketing, accepts email marketing, email marketing consent, "
                "may contact, consentimiento, consentimiento comercial, consentimiento rgpd, rgpd, lopd, "
                "acepta comunicaciones, acepta comunicaciones comerciales, acepta publicidad, "
                "acepta marketing, acepta rgpd, autoriza comunicaciones, permite comunicaciones"
            ),
            choices={
                "yes": listed(
                    "yes, y, true, 1, 1 0, accepted, agreed, granted, opted in, opt in, subscribed, si, s, "
                    "verdadero, acepta, aceptado, autoriza, autorizado, concedido, suscrito"
                ),
                "no": listed(
                    "no, n, false, 0, 0 0, refused, denied, declined, withdrawn, revoked, opted out, "
                    "opt out, unsubscribed, not subscribed, falso, no acepta, no autoriza, rechaza, "
                    "rechazado, denegado, revocado, retirado, baja, no suscrito"
                ),
            },
        ),
        Column(
            "first_contact", "date", "calendar day", N_("day of the first contact"),
            listed(
                "customer since, since, created, created at, sign up date, registration date, "
                "fecha alta, fecha de alta, alta, cliente desde, primer contacto, fecha primer contacto, "
                "fecha creacion"
            ),
            event=True,
        ),
    ),
    required=("customer_id",),
    telling=("name", "type", "sector", "region", "size", "acquisition_channel", "potential", "first_contact"),
    key=("customer_id",),
    links=(Link("customer_id", "transactions", "customer_id", N_("of customers without sales")),),
)  # fmt: skip

SURVEYS = Table(
    "surveys",
    N_("Surveys"),
    listed(
        "surveys, survey answers, satisfaction, nps, feedback, encuestas, encuesta, encuestas nps, "
        "satisfaccion, encuestas satisfaccion, encuestas de satisfaccion, valoraciones, opiniones"
    ),
    (
        CUSTOMER,
        Column(
            "date", "date", "calendar day", N_("day of the answer"),
            listed(
                "survey date, answer date, response date, answered at, submitted at, timestamp, fecha, "
                "fecha encuesta, fecha respuesta, fecha de respuesta, marca temporal, dia"
            ),
            (listed("date created, created, created at, completed at, date submitted, response time"),),
        ),
        Column(
            "score", "number", "points", N_("answer, from 0 to the end of the scale"),
            listed(
                "nps, nps score, rating, answer, points, satisfaction, csat, would you recommend us, "
                "how likely are you to recommend us, likelihood to recommend, "
                "puntuacion, nota, valoracion, respuesta, puntos, recomendacion, nos recomendaria, "
                "calificacion, satisfaccion"
            ),
        ),
        Column(
            "scale", "number", "points", N_("best possible answer; 10 where it is not given"),
            listed("maximum, max score, out of, escala, maximo, puntuacion maxima, sobre"),
        ),
        Column(
            "comment", "text", "", N_("what the customer wrote"),
            listed(
                "comments, remark, remarks, reason, text, comentario, comentarios, observaciones, "
                "motivo, texto, opinion"
            ),
        ),
    ),
    required=("customer_id", "date", "score"),
    telling=("score",),
    dated="date",
    links=(Link("customer_id", "transactions", "customer_id", N_("of customers without sales")),),
)  # fmt: skip

CAMPAIGNS = Table(
    "campaigns",
    N_("Campaigns"),
    listed(
        "campaigns, campaign, campaign members, campaign contacts, campanas, campana, acciones comerciales, "
        "acciones, contactos campana, destinatarios"
    ),
    (
        Column(
            "campaign_id", "identifier", "", N_("the campaign"),
            listed(
                "campaign, campaign name, campaign code, campana, codigo campana, cod campana, id campana, "
                "nombre campana, accion"
            ),
        ),
        Column(
            "date", "date", "calendar day", N_("day the customer was contacted, or would have been"),
            listed(
                "contact date, campaign date, sent, sent at, sent on, fecha, fecha contacto, fecha campana, "
                "fecha envio, fecha de envio"
            ),
        ),
        CUSTOMER,
        Column(
            "arm", "choice", "", N_("treated, or control: chosen in the same way but left alone"),
            listed("group, treatment, test group, treated, grupo, tratamiento, tratado, brazo"),
            choices={
                "treated": listed(
                    "treated, treatment, test, target, contacted, yes, true, 1, tratado, tratada, "
                    "tratamiento, contactado, contactada, objetivo, si, verdadero"
                ),
                "control": listed("control, control group, holdout, no, false, 0, grupo control, falso"),
            },
        ),
        Column(
            "kind", "text", "", N_("what was done: call, mail, visit …"),
            listed("type, channel, action, tipo, canal, medio, tipo accion, tipo de accion"),
        ),
        Column(
            "cost", "money", "currency", N_("what contacting this customer cost"),
            listed("cost per contact, contact cost, coste, costo, coste contacto, coste por contacto"),
        ),
    ),
    required=("date", "customer_id", "arm"),
    telling=("arm",),
    dated="date",
    links=(Link("customer_id", "transactions", "customer_id", N_("of customers without sales")),),
)  # fmt: skip

CONTRACTS = Table(
    "contracts",
    N_("Contracts"),
    listed(
        "contracts, subscriptions, agreements, policies, members, memberships, member list, subscribers, "
        "churn, customer churn, telco churn, telco customer churn, "
        "contratos, suscripciones, abonos, polizas, cuotas, socios, abonados, altas y bajas, bajas, "
        "vertrage, mitglieder, abonnements, adherents, membres, membros, associados"
    ),
    (
        Column(
            "contract_id", "identifier", "", N_("the contract"),
            listed(
                "contract, contract no, contract number, subscription id, subscription, contrato, "
                "no contrato, n contrato, num contrato, numero contrato, id contrato, cod contrato, "
                "id suscripcion, poliza, n poliza, no poliza, num poliza, numero poliza"
            ),
            (listed("id, code, codigo, cod, no, num, numero"),),
        ),
        replace(
            CUSTOMER,
            names=(
                *CUSTOMER.names,
                *listed(
                    "member, member id, member no, member number, mitglied, mitgliedsnummer, kunde, "
                    "kundennummer, adherent, numero adherent, numero client, associado"
                ),
            ),
        ),
        Column(
            "started", "date", "calendar day", N_("first day of the contract"),
            listed(
                "start, start date, started on, from, begin, begin date, valid from, inicio, fecha inicio, "
                "fecha de inicio, desde, fecha alta, fecha de alta, alta, joined, joined on, join date, "
                "member since, inscripcion, fecha inscripcion, eintritt, eintrittsdatum, vertragsbeginn, "
                "beginn, date debut, date d adhesion, debut, data inicio, data de inicio"
            ),
            (listed("created, created at, signed on, fecha contrato, fecha firma, fecha de firma"),),
        ),
        Column(
            "ended", "date", "calendar day", N_("last day of the contract; empty while it runs"),
            listed(
                "end, end date, ended on, ended at, until, to, cancelled, cancelled on, cancelled at, "
                "canceled at, cancellation date, valid to, fecha cancelacion, fecha de cancelacion, "
                "fin, fecha fin, fecha de fin, hasta, fecha baja, fecha de baja, baja, left, left on, "
                "leaving date, quit on, austritt, austrittsdatum, vertragsende, ende, date fin, date de fin, "
                "date de resiliation, data fim, data de fim"
            ),
            event=True,
        ),
        Column(
            "tenure_months", "number", "months", N_("months it has lasted, where no days are given"),
            listed(
                "tenure, tenure in months, months, months as customer, customer tenure, account length, "
                "antiguedad, antiguedad meses, antiguedad en meses, meses, permanencia, "
                "vertragsdauer, laufzeit, anciennete, anciennete mois, antiguidade"
            ),
        ),
        Column(
            "churned", "choice", "", N_("yes if it ended after those months, no if it goes on"),
            listed(
                "churn, churn flag, churn label, has churned, is churned, attrition, "
                "attrition flag, exited, cancelled flag, is cancelled, abandono, abandona, abandonado, "
                "cancelado, dado de baja, es baja, gekundigt, kundigung, resilie"
            ),
            choices={
                "yes": listed(
                    "yes, y, true, 1, 1 0, churned, cancelled, canceled, left, attrited customer, "
                    "si, s, verdadero, baja, cancelado, ja, wahr, oui, vrai, sim"
                ),
                "no": listed(
                    "no, n, false, 0, 0 0, active, stayed, joined, existing customer, "
                    "falso, activo, vigente, alta, nein, falsch, non, faux, nao"
                ),
            },
        ),
        Column(
            "plan", "text", "", N_("what was agreed"),
            listed(
                "tariff, product, subscription plan, contract type, tarifa, modalidad, tipo, tipo contrato, "
                "tipo de contrato, producto, servicio"
            ),
        ),
        Column(
            "price", "money", "currency per year", N_("price of a year"),
            listed(
                "yearly price, annual price, annual value, contract value, arr, precio, precio anual, "
                "cuota, cuota anual, importe, importe anual"
            ),
        ),
        CURRENCY,
    ),
    required=("customer_id",),
    any_of=("started", "tenure_months"),
    telling=("ended", "plan", "contract_id", "tenure_months", "churned"),
    key=("contract_id",),
    dated="started",
    links=(Link("customer_id", "transactions", "customer_id", N_("of customers without sales")),),
    sequences=(Sequence("started", "ended", N_("that end before they start")),),
)  # fmt: skip
