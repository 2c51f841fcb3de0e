"""The table of leads, and the stages that one goes through, in whatever words a company has for them."""

from __future__ import annotations

from collections.abc import Sequence as Words
from dataclasses import replace

from analysis.dataset.schema.declaration import Column, Link, Sequence, Table, listed
from analysis.dataset.schema.names import same_name
from analysis.dataset.schema.people import CUSTOMER, CUSTOMERS, SALESPERSON
from analysis.language import N_

STAGES = {
    "lead": listed(
        "lead, new, contact, raw, open, working, prospecting, open not contacted, working contacted, "
        "appointment scheduled, cita programada, nuevo, "
        "nueva, contacto, contactado, contactada, sin cualificar, abierto, abierta"
    ),
    "prospect": listed(
        "prospect, qualified, qualification, qualified to buy, calificado para comprar, mql, sql, prospecto, "
        "cualificado, cualificada, calificado, calificada, cualificacion, calificacion"
    ),
    "potential": listed(
        "potential, potential customer, opportunity, proposal, negotiation, offer, quote, needs analysis, "
        "value proposition, id decision makers, perception analysis, presentation scheduled, "
        "decision maker bought in, presentacion programada, proposal price quote, negotiation review, "
        "contract sent, cliente potencial, "
        "potencial, oportunidad, propuesta, negociacion, oferta, presupuesto, propuesta enviada, "
        "oferta enviada, presupuesto enviado, contrato enviado"
    ),
    "customer": listed(
        "customer, won, closed won, converted, closed converted, client, cliente, ganado, ganada, "
        "cerrado ganado, cerrada ganada, convertido, convertida"
    ),
    "lost": listed(
        "lost, closed lost, discarded, disqualified, unqualified, closed not converted, "
        "perdido, perdida, cerrado perdido, descartado, "
        "descartada, rechazado, rechazada"
    ),
}

OPEN_STAGES = ("lead", "prospect", "potential")
"""Where a lead is before it is won or lost: as it came in, qualified, close to deciding."""
_ONE_WORD = (
    listed("lead"),
    listed("prospect, prospecto"),
    listed("potential, potential customer, potencial, cliente potencial"),
)
"""Words that trade places together where a company uses them in another order."""
_REGION = CUSTOMERS.column("region")

LEADS = Table(
    "leads",
    N_("Leads"),
    listed(
        "leads, prospects, opportunities, pipeline, funnel, deals, oportunidades, prospectos, contactos, "
        "embudo, candidatos, interesados, potenciales, clientes potenciales"
    ),
    (
        Column(
            "lead_id", "identifier", "", N_("the lead"),
            listed(
                "lead no, lead number, opportunity id, deal id, prospect id, id lead, id oportunidad, "
                "codigo oportunidad, cod oportunidad, n oportunidad, no oportunidad, num oportunidad, "
                "numero oportunidad, numero de oportunidad, no lead, num lead, id prospecto, cod lead, "
                "n lead, record id"
            ),
            (listed("id, code, codigo, cod, no, num, numero"), listed("oportunidad, lead")),
        ),
        Column(
            "name", "text", "", N_("name of the lead"),
            listed(
                "lead name, company, company name, account name, organization, organisation, nombre, "
                "nombre lead, nombre del lead, nombre cliente, nombre empresa, nombre o razon social, "
                "razon social, empresa, denominacion"
            ),
            (
                listed("contact name, full name, nombre contacto, nombre de contacto, persona de contacto"),
                listed("deal name, opportunity name, nombre oportunidad, nombre de la oportunidad, asunto"),
            ),
        ),
        Column(
            "created", "date", "calendar day", N_("day the lead came in"),
            listed(
                "created at, created on, create date, created date, date created, creation date, lead date, "
                "date, received, fecha, fecha alta, "
                "fecha de alta, fecha creacion, fecha de creacion, alta, entrada, fecha entrada, "
                "fecha contacto"
            ),
        ),
        Column(
            "stage", "choice", "",
            N_("how far the lead has come: lead, prospect, potential, customer or lost"),
            listed(
                "status, state, phase, lead status, lead stage, deal stage, opportunity stage, etapa, fase, "
                "estado, situacion"
            ),
            choices=STAGES,
        ),
        Column(
            "qualified", "date", "calendar day", N_("day it became a prospect: need, budget and authority"),
            listed(
                "qualified at, qualified on, prospect since, fecha cualificacion, fecha de cualificacion, "
                "cualificado, fecha prospecto, fecha calificacion"
            ),
            event=True,
        ),
        Column(
            "advanced", "date", "calendar day", N_("day it became a potential customer, close to deciding"),
            listed(
                "proposal date, offer date, opportunity date, quoted on, fecha propuesta, fecha oferta, "
                "fecha de oferta, fecha presupuesto, fecha potencial, fecha negociacion"
            ),
            event=True,
        ),
        Column(
            "won", "date", "calendar day", N_("day it became a customer"),
            listed(
                "won at, won on, conversion date, converted at, converted on, converted date, "
                "date converted, closed won date, "
                "fecha conversion, fecha de conversion, fecha ganada, fecha ganado, fecha cliente"
            ),
            event=True,
        ),
        Column(
            "lost", "date", "calendar day", N_("day it was given up"),
            listed(
                "lost at, lost on, lost date, closed lost date, fecha perdida, fecha perdido, fecha descarte"
            ),
            event=True,
        ),
        Column(
            "channel", "text", "", N_("way the lead came"),
            listed(
                "source, lead source, original source, origin, canal, canal captacion, "
                "canal de captacion, origen, procedencia"
            ),
        ),
        Column(
            "sector", "text", "", N_("trade of the lead"),
            listed("industry, trade, sector actividad, actividad, ramo, giro"),
        ),
        Column(
            "region", "text", "", N_("where the lead is"), _REGION.names,
            (
                listed("state province, province, provincia, estado provincia, departamento"),
                *_REGION.fallback_names[1:],
            ),
        ),
        Column(
            "type", "text", "", N_("kind of lead: consumer, company, public body …"),
            (*listed("lead type, tipo lead, tipo de lead"), *CUSTOMERS.column("type").names),
        ),
        replace(CUSTOMERS.column("size"), meaning=N_("how big the lead is")),
        Column(
            "product_interest", "text", "", N_("product or category that it asked for"),
            listed(
                "interested in, product, product of interest, products of interest, product line, "
                "product category, producto, producto interes, producto de interes, interesado en, "
                "interes producto, interes en producto, familia, familia de interes, linea de producto"
            ),
        ),
        Column(
            "interest", "choice", "", N_("cold, warm or hot"),
            listed("temperature, rating, interes, temperatura, grado interes, grado de interes"),
            choices={
                "cold": listed("cold, low, frio, fria, bajo, baja"),
                "warm": listed("warm, medium, templado, templada, tibio, tibia, medio, media"),
                "hot": listed("hot, high, caliente, alto, alta"),
            },
        ),
        Column(
            "estimated_value", "money", "currency per year", N_("what it would buy in a year"),
            listed(
                "value, amount, expected revenue, deal value, deal amount, valor, valor estimado, importe, "
                "importe estimado, importe previsto, ingreso esperado, potencial"
            ),
        ),
        SALESPERSON,
        Column(
            "last_contact", "date", "calendar day", N_("day of the last contact"),
            listed(
                "last contacted, last contact date, last contacted on, last activity, last activity date, "
                "last touch, ultimo contacto, fecha ultimo contacto, fecha de ultimo contacto, "
                "fecha del ultimo contacto, ultima actividad, fecha ultima actividad, ultima accion, "
                "fecha ultima accion, ultima gestion"
            ),
            event=True,
        ),
        Column(
            "next_action", "date", "calendar day", N_("day the next step is due"),
            listed(
                "next action date, next contact, next contact date, next activity, next activity date, "
                "next activity deadline, next step date, follow up date, follow up, proxima accion, "
                "fecha proxima accion, fecha de proxima accion, proximo contacto, fecha proximo contacto, "
                "proxima actividad, fecha proxima actividad, fecha limite proxima actividad, "
                "fecha seguimiento, fecha de seguimiento, siguiente accion"
            ),
            known_with="last_contact",
        ),
        replace(
            CUSTOMER,
            meaning=N_("the customer it became"),
            fallback_names=(listed("customer, client, cliente, account"),),
            known_with="won",
        ),
    ),
    required=("created",),
    telling=("lead_id", "stage", "qualified", "advanced", "won", "interest"),
    key=("lead_id",),
    dated="created",
    links=(Link("customer_id", "transactions", "customer_id", N_("won, of customers without sales")),),
    sequences=(
        Sequence("created", "won", N_("won before they were created")),
        Sequence("created", "lost", N_("lost before they were created")),
        Sequence("created", "last_contact", N_("last contacted before they were created")),
        Sequence("qualified", "won", N_("won before they were qualified")),
    ),
)  # fmt: skip


def in_own_words(stages: Words[str]) -> Table:
    """Return the table of leads with a company's own words for `OPEN_STAGES`, in their order.

    A word stands for its place wherever it is else known; all others go on meaning what they did.
    """
    own = [_family(word) for word in stages]
    taken = {same_name(word) for words in own for word in words}
    choices = {
        stage: tuple(word for word in words if same_name(word) not in taken)
        for stage, words in STAGES.items()
    }
    choices |= {stage: (*words, *choices[stage]) for stage, words in zip(OPEN_STAGES, own, strict=True)}
    columns = [
        replace(column, choices=choices) if column.name == "stage" else column for column in LEADS.columns
    ]
    return replace(LEADS, columns=tuple(columns))


def fit_stages(stages: Words[str]) -> bool:
    """Return whether these are three words for `OPEN_STAGES`, none of them for what is won or lost."""
    ended = {same_name(word) for stage in ("customer", "lost") for word in STAGES[stage]}
    words = [{same_name(one) for one in _family(word)} for word in stages]
    return len(words) == len(OPEN_STAGES) == len({*map(frozenset, words)}) and not any(
        one & ended or "" in one for one in words
    )


def _family(word: str) -> tuple[str, ...]:
    """Return the word with those that say the same."""
    alike = (words for words in _ONE_WORD if same_name(word) in {same_name(one) for one in words})
    return (word, *next(alike, ()))
