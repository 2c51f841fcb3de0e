"""Tables other than the sales: what their files turn into, and what becomes of every row."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
import xlsxwriter

from analysis.dataset import open_dataset
from analysis.dataset.files.readers import RawTable
from analysis.dataset.inference.column_recognition import recognise, unused
from analysis.dataset.schema import TABLES
from analysis.errors import CarteraError
from analysis.language import use_language
from intake import taken, write

SPANISH = ("day-first", ",")


def _values(rows, *columns):
    """Return rows as tuples, with NULL as None, days as text and numbers as floats."""
    return [tuple(_plain(row[column]) for column in columns) for row in rows.to_dict("records")]


def _plain(value):
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    if isinstance(value, dt.date):
        return str(value)[:10]
    return float(value) if isinstance(value, Decimal) else value


# Worked examples: each table as a Spanish ERP exports it


def test_customers(tmp_path):
    result = taken(
        tmp_path,
        "customers",
        """\
        EMPRESA DEMO S.L.;;;;;;;;
        Listado de clientes;;;;;;;;
        Código;Cliente;Tipo;Sector;Provincia;Comercial;Canal de captación;Potencial;Fecha alta
        00123;Núñez e Hijos, S.L.;Empresa;Metal;Madrid;V01;Web;12.500,50;31/01/2020
        00124;Ayuntamiento de Lugo;Público;;Lugo;V02;Feria;;01/01/1900
        ;;;;;;;;
        Código;Cliente;Tipo;Sector;Provincia;Comercial;Canal de captación;Potencial;Fecha alta
        00123;Núñez (repetido);;;;;;;
        ;Sin código S.A.;;;;;;;
        0;Clientes varios;;;;;;;
        Total clientes: 4;;;;;;;;
        """,
        sales=SPANISH,
    )
    columns = ("customer_id", "name", "sector", "region", "salesperson", "potential", "first_contact")
    assert _values(result.rows, *columns) == [
        ("00123", "Núñez e Hijos, S.L.", "Metal", "Madrid", "V01", 12500.5, "2020-01-31"),
        ("00124", "Ayuntamiento de Lugo", None, "Lugo", "V02", None, None),
    ]
    header = "Código;Cliente;Tipo;Sector;Provincia;Comercial;Canal de captación;Potencial;Fecha alta"
    assert result.aside == [
        (6, "excluded:empty", ";;;;;;;;"),
        (7, "excluded:header", header),
        (8, "excluded:same_key", "00123;Núñez (repetido);;;;;;;"),
        (9, "rejected:no_customer_id", ";Sin código S.A.;;;;;;;"),
        (10, "rejected:no_customer_id", "0;Clientes varios;;;;;;;"),
        (11, "excluded:total", "Total clientes: 4;;;;;;;;"),
    ]  # fmt: skip
    assert "Dates up to 1970-01-01 in 'Fecha alta' stand for no date and were left empty (rows: 1)." in (
        result.assumptions
    )
    assert result.records.columns == {
        "customer_id", "name", "type", "sector", "region", "salesperson", "acquisition_channel", "potential",
        "first_contact",
    }  # fmt: skip


def test_invoices_lose_their_tax(tmp_path):
    text = """\
        Nº factura;Cód. cliente;Fecha factura;Vencimiento;Fecha cobro;Importe;Importe cobrado
        F1;00123;13/01/2024;12/02/2024;20/02/2024;1.210,00;1.210,00
        F2;00123;14/01/2024;13/02/2024;;605,00;0,00
        F3;00124;;13/02/2024;;100,00;
        F4;00124;31/02/2024;13/02/2024;;200,00;
        F5;00124;15/01/2024;30/12/1899;01/01/1970;-121,00;
        F6;00124;15/01/2100;;;300,00;
        F7;00124;15/01/2024;14/02/2100;;;
        ;;;;Total;2.294,00;
    """
    rows = [("F1", 1000.0, 1000.0), ("F2", 500.0, 0.0), ("F5", -100.0, None)]
    result = taken(tmp_path, "invoices", text, "prices_include_tax: 0.21")
    assert _values(result.rows, "invoice_id", "amount", "paid_amount") == rows
    assert _values(result.rows, "issued", "due", "paid")[2] == ("2024-01-15", None, None)
    assert result.outcomes == {
        "kept": 3,
        "excluded:total": 1,
        "rejected:impossible_date": 1,
        "rejected:issued": 1,
        "rejected:no_amount": 1,
        "rejected:no_issued": 1,
    }
    money = result.records.quality.rows.set_index("rule")["amount"]
    # 1000 + 500 − 100; the others at their net value: 300, 200, 100 and the total of 2294, each ÷ 1.21
    assert money[""] == 1400
    assert money["total"] == pytest.approx(2294 / 1.21, abs=5e-5)
    assert money["impossible_date"] == pytest.approx(300 / 1.21, abs=5e-5)
    assert result.records.read_again_on == dt.date(2100, 1, 15)
    assert "Amounts include tax of 21 %, which was taken out." in result.assumptions

    own = taken(tmp_path, "invoices", text, "{prices_include_tax: 0.21, invoices: {prices_include_tax: 0}}")
    assert _values(own.rows, "amount") == [(1210.0,), (605.0,), (-121.0,)]
    assert "tax" not in own.assumptions


def test_surveys_are_within_their_scale(tmp_path):
    result = taken(
        tmp_path,
        "surveys",
        """\
        Cliente;Fecha encuesta;Puntuación;Escala;Comentario
        1;15/01/2024;10;;Muy bien
        1;16/01/2024;8,5;;n/d
        2;16/01/2024;11;;
        2;16/01/2024;5;5;total: todo bien
        3;16/01/2024;6;5;
        3;16/01/2024;-1;;
        3;17/01/2024;nada;;
        3;17/01/2024;;;
        4;17/01/2024;0;cinco;
        """,
    )
    assert _values(result.rows, "customer_id", "score", "scale", "comment") == [
        ("1", 10.0, 10.0, "Muy bien"),
        ("1", 8.5, 10.0, None),
        ("2", 5.0, 5.0, "total: todo bien"),
        ("4", 0.0, 10.0, None),
    ]
    assert result.outcomes == {
        "kept": 4, "rejected:score_range": 3, "rejected:no_score": 1, "rejected:score": 1,
    }  # fmt: skip
    found = result.records.quality.found.set_index("rule")["rows"]
    assert found.to_dict() == {"duplicates": 0, "scale": 1}
    assert "Column 'Escala' of table.csv: cells that could not be read were left empty: 1," in result.warnings
    assert "such as 'cinco' in line 10." in result.warnings


def test_a_survey_without_a_scale_is_out_of_ten(tmp_path):
    result = taken(tmp_path, "surveys", "customer,date,nps\nA,2024-01-31,9\n")
    assert _values(result.rows, "score", "scale") == [(9.0, 10.0)]
    assert result.records.columns == {"customer_id", "date", "score", "scale"}


def test_consent_is_yes_no_or_not_known(tmp_path):
    """What is neither is left empty, so that nobody is contacted by a word that was not understood."""
    result = taken(
        tmp_path,
        "customers",
        "Código;Consentimiento RGPD\nA;Sí\nB;NO\nC;\nD;opt-in\nE;No acepta\nF;1\nG;quizá\n",
    )
    assert _values(result.rows, "customer_id", "consent") == [
        ("A", "yes"), ("B", "no"), ("C", None), ("D", "yes"), ("E", "no"), ("F", "yes"), ("G", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        (None, "lead prospect potential lead lead potential customer lost"),
        ("[prospect, lead, potential]", "prospect lead potential lead lead potential customer lost"),
        ("[Nuevo, Demo, Lead]", "potential prospect potential lead prospect potential customer lost"),
    ],
)
def test_stages_in_a_company_s_own_words(tmp_path, stages, expected):
    """Two usages, one the reverse of the other, and one of own: by hand, word for word.

    Where a prospect comes before a lead, *Prospecto* is the first stage and *Lead* the second; *nuevo* and
    *oferta* say what they did. In the third, *Prospecto* keeps its place, *Lead* is the third stage, and
    *Demo* the second; elsewhere it is not known, and a lead of which no stage is known is one that came in.
    """
    words = ("Lead", "Prospecto", "Oportunidad", "nuevo", "Demo", "oferta", "ganado", "perdido")
    rows = "".join(f"L{i};2024-01-1{i};{word}\n" for i, word in enumerate(words))
    (tmp_path / "oportunidades.csv").write_text(f"id;fecha;etapa\n{rows}", "utf-8")
    (tmp_path / "ventas.csv").write_text("cliente;fecha;importe\nA;2024-01-31;10\n", "utf-8")
    if stages:
        (tmp_path / "dataset.yml").write_text(f"stages: {stages}\n", "utf-8")
    dataset = open_dataset(tmp_path)
    found = dataset.engine.head("leads", 9)["stage"].fillna("-").tolist()
    assert found == expected.split()
    assert len(dataset.stages) == (3 if stages else 0)


def test_leads(tmp_path):
    result = taken(
        tmp_path,
        "leads",
        """\
        Nº oportunidad;Fecha alta;Etapa;Fecha conversión;Canal;Interés;Valor estimado;Cód. cliente
        L1;13/01/2024;GANADA;20/02/2024;Web;Alta;1.000,00;00123
        L2;13/01/2024;Cliente potencial;;Feria;templado;500,00;
        L3;13/01/2024;Perdído;;Feria;;;
        L4;13/01/2024;Congelado;;Feria;Ni frío ni calor;;
        ;13/01/2024;nuevo;;;;;
        ;13/01/2024;nuevo;;;;;
        L1;14/01/2024;nuevo;;;;;
        """,
        sales=SPANISH,
    )
    assert _values(result.rows, "lead_id", "stage", "won", "interest", "customer_id") == [
        ("L1", "customer", "2024-02-20", "hot", "00123"),
        ("L2", "potential", None, "warm", None),
        ("L3", "lost", None, None, None),
        ("L4", None, None, None, None),
        (None, "lead", None, None, None),
        (None, "lead", None, None, None),
    ]
    assert result.outcomes == {"kept": 6, "excluded:same_key": 1}
    assert result.records.quality.found.set_index("rule")["rows"].to_dict() == {
        "duplicates": 1, "stage": 1, "won": 0, "interest": 1, "estimated_value": 0,
    }  # fmt: skip
    assert "such as 'Congelado' in line 5." in result.warnings


def test_campaigns(tmp_path):
    text = """\
        Campaña;Fecha;Cliente;Grupo;Tipo;Coste
        C1;13/01/2024;1;Tratado;Llamada;2,50
        C1;13/01/2024;2;CONTROL;;0,00
        C1;13/01/2024;3;Sí;;
        C1;13/01/2024;4;Quizá;;
        C1;13/01/2024;5;;;
    """
    result = taken(tmp_path, "campaigns", text)
    assert _values(result.rows, "customer_id", "arm", "kind", "cost") == [
        ("1", "treated", "Llamada", 2.5),
        ("2", "control", None, 0.0),
        ("3", "treated", None, None),
    ]
    assert [outcome for _line, outcome, _raw in result.aside] == ["rejected:arm", "rejected:no_arm"]


@pytest.mark.parametrize(
    ("header", "cells"),
    [("treated", ["1", "0"]), ("treated", ["true", "FALSE"]), ("Tratado", ["sí", "no"])],
)
def test_arms_written_as_yes_and_no(tmp_path, header, cells):
    rows = "".join(f"2024-01-31;{i};{cell}\n" for i, cell in enumerate(cells, 1))
    result = taken(tmp_path, "campaigns", f"date;customer;{header}\n{rows}")
    assert list(result.rows["arm"]) == ["treated", "control"]


def test_contracts_may_begin_tomorrow(tmp_path):
    result = taken(
        tmp_path,
        "contracts",
        """\
        Contrato;Cliente;Inicio;Fin;Tarifa;Cuota anual
        M1;1;01/02/2022;31/01/2023;Básica;1.210,00
        M2;1;13/02/2100;;Plus;605,00
        M2;1;13/02/2100;;Plus;605,00
        M3;2;01/01/1900;;Plus;605,00
        """,
        "prices_include_tax: 0.21",
        sales=SPANISH,
    )
    assert _values(result.rows, "contract_id", "started", "ended", "plan", "price") == [
        ("M1", "2022-02-01", "2023-01-31", "Básica", 1000.0),
        ("M2", "2100-02-13", None, "Plus", 500.0),
    ]
    assert result.outcomes == {"kept": 2, "excluded:same_key": 1, "rejected:impossible_date": 1}
    assert result.records.quality.rows["amount"].isna().all()
    assert list(result.records.quality.table().columns) == ["what", "rows"]


def test_market_shares_in_percent_or_as_parts_of_one(tmp_path):
    rows = "Metal;{0}\nMadera;{1}\nTotal;{2}\n"
    parts = taken(tmp_path, "market", "Sector;Cuota\n" + rows.format("0,4", "0,6", "1"))
    percent = taken(tmp_path, "market", "Sector;Cuota %\n" + rows.format("40,0", "60 %", "100"))
    small = taken(tmp_path, "market", "Sector;Cuota\n" + rows.format("0,4 %", "0,6 %", "1 %"))
    assert _values(parts.rows, "segment", "size", "share") == [("Metal", None, 40.0), ("Madera", None, 60.0)]
    assert _values(percent.rows, "share") == [(40.0,), (60.0,)]
    assert _values(small.rows, "share") == [(0.4,), (0.6,)]
    assert "taken as parts of one and multiplied by 100" in parts.assumptions
    assert "parts of one" not in percent.assumptions + small.assumptions
    assert parts.outcomes == {"kept": 2, "excluded:total": 1}


def test_market_needs_a_size_or_a_share(tmp_path):
    result = taken(
        tmp_path,
        "market",
        """\
        Segmento;Nº empresas;Cuota
        Metal;1200;
        Madera;;12,5
        Papel;;
        Vidrio;muchas;x
        Metal;7;7
        """,
    )
    assert _values(result.rows, "segment", "size", "share") == [
        ("Metal", 1200.0, None),
        ("Madera", None, 12.5),
    ]
    assert result.outcomes == {
        "kept": 2, "excluded:same_key": 1, "rejected:no_size": 1, "rejected:size": 1,
    }  # fmt: skip
    with pytest.raises(CarteraError, match=r"table\.csv: no column for 'size' \(how big the segment is\)"):
        taken(tmp_path, "market", "Segmento;Color\nMetal;rojo\n")


def test_stock_and_deliveries(tmp_path):
    stock = taken(
        tmp_path,
        "stock",
        "Ref.;Descripción;Stock actual;Fecha\n001;Pan;1.250;31/12/2024\n002;Sal;-3;31/12/2024\n"
        "Total;;1.247;\n",
        sales=SPANISH,
    )
    assert _values(stock.rows, "product_id", "on_hand", "date") == [
        ("001", 1250.0, "2024-12-31"), ("002", -3.0, "2024-12-31"),
    ]  # fmt: skip
    deliveries = taken(
        tmp_path,
        "deliveries",
        "Nº pedido;Cliente;Fecha pedido;Fecha entrega\n"
        "1;A;31/01/2024;02/02/2024\n;A;31/01/2024;\n;0;31/01/2024;\n",
    )
    assert _values(deliveries.rows, "order_id", "customer_id", "ordered", "delivered") == [
        ("1", "A", "2024-01-31", "2024-02-02"), (None, "A", "2024-01-31", None),
    ]  # fmt: skip
    assert deliveries.outcomes == {"kept": 2, "rejected:no_order_id": 1}


# Months


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03", "2024/3", "03/2024", "3-2024", "03.2024", "202403", "marzo 2024", "Marzo de 2024",
        "mar-24", "MAR 2024", "Mar 2024", "March 2024", "mar. 2024", "2024-mar", "2024 marzo", "2024-03-31",
        "31/03/2024", "31 mar 2024", "45382", " 2024-03 ",
    ],
)  # fmt: skip
def test_months(tmp_path, cell):
    result = taken(tmp_path, "spend", f"Mes;Canal;Gasto\n{cell};Web;100\n", sales=SPANISH)
    assert _values(result.rows, "month", "amount") == [("2024-03-01", 100.0)]


@pytest.mark.parametrize(
    "cell", ["2024-13", "13/2024", "202400", "xyz 2024", "2024", "marzo", "03/24", "2024-3-"]
)
def test_what_is_no_month(tmp_path, cell):
    result = taken(tmp_path, "spend", f"Mes;Canal;Gasto\n{cell};Web;100\n2024-01;Web;1\n")
    assert result.outcomes == {"kept": 1, "rejected:month": 1}


def test_months_that_cannot_be(tmp_path):
    text = "Mes;Canal;Gasto\n2100-01;Web;100\n1970-01;Web;1\n;Web;2\n2024-12;Web;5\n"
    result = taken(tmp_path, "spend", text)
    assert result.outcomes == {"kept": 1, "rejected:impossible_date": 2, "rejected:no_month": 1}


# Dates and numbers that the table leaves open


def test_the_sales_decide_what_a_table_leaves_open(tmp_path):
    text = "Mes;Canal;Gasto\n01/02/2022;Web;1.200\n01/03/2022;Web;2.300\n"
    spanish = taken(tmp_path, "spend", text, sales=SPANISH)
    assert _values(spanish.rows, "month", "amount") == [("2022-02-01", 1200.0), ("2022-03-01", 2300.0)]
    american = taken(tmp_path, "spend", text, sales=("month-first", "."))
    assert _values(american.rows, "month", "amount") == [("2022-01-01", 1.2), ("2022-01-01", 2.3)]
    own = taken(tmp_path, "spend", text, "spend: {date_order: month-first, decimal: ','}", sales=SPANISH)
    assert _values(own.rows, "month", "amount") == [("2022-01-01", 1200.0), ("2022-01-01", 2300.0)]
    assert "Dates in 'Mes': the day comes first, as in the sales; the table itself leaves it open." in (
        spanish.assumptions
    )
    assert (
        "Decimal mark of 'Gasto': ',', as in the sales; the table itself leaves it open."
        in spanish.assumptions
    )
    assert "the month comes first, as in the sales" in american.assumptions
    assert "as in the sales" not in own.assumptions


def test_what_nobody_knows_is_asked_under_the_right_section(tmp_path):
    text = "Mes;Canal;Gasto\n01/02/2022;Web;1.200\n01/03/2022;Web;2.300\n"
    with pytest.raises(CarteraError) as error:
        taken(tmp_path, "spend", text)
    assert "Column 'Mes' of table.csv is ambiguous" in str(error.value)
    assert "Column 'Gasto' of table.csv is ambiguous: '1.200'" in str(error.value)
    assert "Write the answer under 'spend:' in a dataset.yml" in str(error.value)


def test_all_dates_of_a_table_share_their_order(tmp_path):
    """Only the due date shows that the day comes first; the sales say otherwise and are not asked."""
    rows = "1;A;02/03/2024;31/03/2024;5\n2;A;04/03/2024;03/04/2024;6\n"
    text = "Factura;Cliente;Fecha;Vencimiento;Importe\n" + rows
    result = taken(tmp_path, "invoices", text, sales=("month-first", "."))
    assert _values(result.rows, "issued", "due") == [
        ("2024-03-02", "2024-03-31"), ("2024-03-04", "2024-04-03"),
    ]  # fmt: skip


def test_dates_of_both_kinds_are_asked_whatever_the_sales_say(tmp_path):
    text = "Factura;Cliente;Fecha;Vencimiento;Importe\n1;A;31/03/2024;03/31/2024;5\n"
    with pytest.raises(CarteraError, match=r"of table\.csv mixes dates with the day first"):
        taken(tmp_path, "invoices", text, sales=SPANISH)


# Columns


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Código;Cliente;Zona", {"customer_id": "Código", "name": "Cliente", "region": "Zona"}),
        ("Cliente;Nombre;Zona", {"customer_id": "Cliente", "name": "Nombre", "region": "Zona"}),
        ("Cliente;Zona", {"customer_id": "Cliente", "region": "Zona"}),
        ("NIF;Razón social;Zona", {"customer_id": "NIF", "name": "Razón social", "region": "Zona"}),
        ("Razón social;Zona", {"customer_id": "Razón social", "region": "Zona"}),
        ("Cód. cliente;NIF;Nombre", {"customer_id": "Cód. cliente", "name": "Nombre"}),
        ("id;company;country", {"customer_id": "id", "name": "company", "region": "country"}),
    ],
)
def test_a_needed_column_takes_its_name_first(tmp_path, header, expected):
    row = ";".join("ABC"[: header.count(";") + 1])
    result = taken(tmp_path, "customers", f"{header}\n{row}\n")
    recognised = next(note for note in result.records.quality.facts if "recognised" in note.message)
    assert dict(reversed(pair.split(" → ")) for pair in recognised.values["pairs"].split(", ")) == expected


# Headers as shop, CRM, ERP and invoicing programs write them: what each is taken for.
EXPORTS = [
    ("customers", "No.;Name;Customer Group;Country/Region Code;Salesperson Code",
     "customer_id; name; type; region; salesperson"),
    ("customers", "Cód.Cliente;Nombre Fiscal;Nombre Comercial;Provincia;Actividad;Comercial;Zona;Email",
     "customer_id; -; name; -; sector; salesperson; region; -"),
    ("invoices", "Nº Factura;Fecha;Cliente;Razón Social;Base;IVA;Total;Vencimiento;Cobrado;Pendiente",
     "invoice_id; issued; customer_id; -; amount; -; -; due; paid_amount; -"),
    ("invoices", "Number;Invoice Partner Display Name;Invoice/Bill Date;Due Date;Untaxed Amount Signed;Total",
     "invoice_id; customer_id; issued; due; amount; -"),
    ("invoices", "Invoice No;Customer No;Posting Date;Due Date;Original Amount;Remaining;Closed at Date",
     "invoice_id; customer_id; issued; due; amount; -; paid"),
    ("surveys", "Marca temporal;Código de cliente;¿Nos recomendaría?;Comentarios",
     "date; customer_id; score; comment"),
    ("leads", "Record ID;Deal Name;Deal Stage;Create Date;Close Date;Amount;Deal owner;Original Source",
     "lead_id; name; stage; created; -; estimated_value; salesperson; channel"),
    ("leads", "Lead ID;Created Date;Lead Status;Lead Source;Converted Date;Industry;Lead Owner;Rating",
     "lead_id; created; stage; channel; won; sector; salesperson; interest"),
    ("leads", "ID;Oportunidad;Empresa;Fecha creación;Etapa;Ingreso esperado;Comercial;Origen",
     "lead_id; -; name; created; stage; estimated_value; salesperson; channel"),
    ("leads", "Company;State/Province;Country;Product Interest;Last Activity;Next Activity Date;Create Date",
     "name; region; -; product_interest; last_contact; next_action; created"),
    ("leads", "Nº lead;Empresa;Contacto;Fecha alta;Estado;Provincia;Último contacto;Próxima acción;Interés",
     "lead_id; name; -; created; stage; region; last_contact; next_action; interest"),
    ("customers", "Customer ID;Accepts Email Marketing;Email Opt Out", "customer_id; consent; -"),
    ("customers", "Código;Nombre;Acepta comunicaciones comerciales", "customer_id; name; consent"),
    ("leads", "Oportunidad;Fecha;Etapa", "lead_id; created; stage"),
    ("spend", "Día;Campaña;Canal;Inversión", "month; kind; channel; amount"),
    ("campaigns", "ID cliente;Fecha contacto;Tratado", "customer_id; date; arm"),
    ("contracts", "id;customer;created;canceled_at;plan;MRR",
     "contract_id; customer_id; started; ended; plan; -"),
    ("contracts", "Contrato;Cliente;Fecha alta;Fecha baja;Tarifa;Cuota mensual;Cuota anual",
     "contract_id; customer_id; started; ended; plan; -; price"),
    ("market", "CNAE;Nº empresas;Cuota %", "segment; size; share"),
    ("stock", "Código;Descripción;On Hand;Reserved;Available", "product_id; -; on_hand; -; -"),
    ("deliveries", "Order ID;Order Date;Ship Date;Delivered Date", "order_id; ordered; -; delivered"),
    ("deliveries", "Nº pedido;Fecha pedido;Fecha entrega;Cantidad pedida;Cantidad servida",
     "order_id; ordered; delivered; quantity_ordered; quantity_delivered"),
    ("customers", "Cód. cliente;Nombre;Coste de servicio", "customer_id; name; service_cost"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "header", "expected"), EXPORTS)
def test_exports_of_real_programs(table, header, expected):
    headers = header.split(";")
    raw = RawTable("file", "", dict.fromkeys(headers, "VARCHAR"), frozenset(), (), lambda rows, *_: rows)
    found = recognise(raw, TABLES[table], {})
    assert found.questions == ()
    by_header = {written: name for name, written in found.columns.items()}
    assert [by_header.get(written, "-") for written in headers] == expected.split("; ")
    left = ", ".join(f"'{written}'" for written in headers if written not in by_header)
    sentences = [str(fact) for fact in unused(raw, found.columns)]
    assert (f"file: columns not used: {left}." in sentences) == bool(left)


def test_columns_that_the_user_names(tmp_path):
    text = "quien;cuando;cuanto\nA;2024-01-31;7\n"
    config = "surveys: {columns: {customer_id: quien, date: cuando, score: cuanto}}"
    assert _values(taken(tmp_path, "surveys", text, config).rows, "customer_id", "score") == [("A", 7.0)]
    with pytest.raises(CarteraError, match=r"no column 'nota', which dataset\.yml gives as 'score'"):
        taken(tmp_path, "surveys", text, "surveys: {columns: {score: nota}}")


def test_a_missing_column_names_those_found_and_the_section(tmp_path):
    with pytest.raises(CarteraError) as error:
        taken(tmp_path, "surveys", "Cliente;Fecha;Punuación\nA;2024-01-31;7\n")
    sentence = str(error.value)
    assert (
        "table.csv: no column for 'score' (answer, from 0 to the end of the scale) was recognised."
        in sentence
    )
    assert "write 'columns: {score: Punuación}'" in sentence
    assert "under 'surveys:' in a dataset.yml" in sentence


@pytest.mark.parametrize("table", [name for name in TABLES if name != "transactions"])
def test_a_table_under_its_canonical_names_keeps_every_column(tmp_path, table):
    cells = {
        "identifier": "X1", "text": "word", "date": "2024-01-31", "month": "2024-01", "money": "12.5",
        "number": "7.5", "percent": "12.5",
    }  # fmt: skip
    columns = [column for column in TABLES[table].columns if column.canonical]
    row = [next(iter(c.choices), "") if c.kind == "choice" else cells[c.kind] for c in columns]
    text = ",".join(column.name for column in columns) + "\n" + ",".join(row) + "\n"
    result = taken(tmp_path, table, text)
    assert list(result.rows.columns) == [column.name for column in columns]
    assert result.records.columns == {column.name for column in columns}
    expected = {"month": "2024-01-01", "money": 12.5, "number": 7.5, "percent": 12.5}
    assert _values(result.rows, *result.rows.columns) == [
        tuple(expected.get(c.kind, cell) for c, cell in zip(columns, row, strict=True))
    ]


def test_columns_that_are_not_there_are_empty_in_their_type(tmp_path):
    rows = taken(tmp_path, "invoices", "customer,issued,due,amount\nA,2024-01-31,2024-02-01,5\n").rows
    assert list(rows.columns) == TABLES["invoices"].canonical
    assert rows[["invoice_id", "paid", "paid_amount"]].isna().all().all()


# Money


def test_currencies_of_a_column_or_beside_the_amounts(tmp_path):
    text = "Factura;Cliente;Fecha;Vencimiento;Importe{0}\n1;A;31/03/2024;;5,00{1}\n2;A;31/03/2024;;6,00{2}\n"
    for cells in ((";Divisa", ";EUR", ";USD"), ("", " €", " US$")):
        with pytest.raises(
            CarteraError, match=r"table\.csv mixes currencies: EUR \(rows: 1\) and USD \(rows: 1\)"
        ):
            taken(tmp_path, "invoices", text.format(*cells))
        result = taken(tmp_path, "invoices", text.format(*cells), "currency: EUR")
        assert _values(result.rows, "invoice_id", "amount") == [("1", 5.0)]
        assert result.outcomes == {"kept": 1, "excluded:other_currency": 1}


# Files that cannot be read


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["table.csv is empty"]),
        (b"Cliente;Fecha;Nota\n", ["table.csv has column names but no rows"]),
        (b"Cliente;Fecha;Nota\n;31/01/2024;7\n0;31/01/2024;8\n",
         ["table.csv: none of the 2 rows names a customer (column 'Cliente')"]),
        (b"Cliente;Fecha;Nota\nA;nunca;7\nB;31/01/2024;x\nC;31/01/2024;99\n",
         ["none of the 3 rows can be used", "'date' (day of the answer) cannot be read: 1",
          "'score' (answer, from 0 to the end of the scale) cannot be read: 1",
          "Score below 0 or above its scale: 1", "One of them is line 2: 'A;nunca;7'.", "score ← 'Nota'"]),
        (b"<html><table></table></html>", ["table.csv is a web page or XML"]),
        (bytes(range(256)) * 9, ["table.csv is not a text table"]),
        (b"PK\x03\x04rubbish", ["table.csv is not an Excel or OpenDocument workbook"]),
        (b"PAR1rubbishPAR1", ["table.csv begins like a Parquet file"]),
        (b"\x1f\x8bnot gzip at all", ["table.csv is damaged or cut short"]),
        (b"1;2;3\n4;5;6\n", ["table.csv has no line of column names", "'names: [customer_id, date, score]'"]),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(tmp_path, content, parts):
    with pytest.raises(CarteraError) as error:
        taken(tmp_path, "surveys", content)
    sentence = str(error.value)
    assert "\n" not in sentence
    for part in parts:
        assert part in sentence
    assert {path.name for path in tmp_path.iterdir()} == {"table.csv"}


def test_quotes_that_are_never_closed(tmp_path):
    text = 'Cliente;Fecha;Nota;Comentario\nA;31/01/2024;7;"nunca\nB;31/01/2024;8;bien\nC;31/01/2024\n'
    result = taken(tmp_path, "surveys", text)
    assert list(result.rows["customer_id"]) == ["B"]
    assert [(line, outcome) for line, outcome, _raw in result.aside] == [
        (2, "rejected:cells"),
        (4, "rejected:cells"),
    ]
    assert "67 % of the rows (2) were rejected" in result.warnings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings(tmp_path, encoding):
    text = "Código;Razón social;Población\nñ1;Peña S.A.;Coruña\n"
    rows = taken(tmp_path, "customers", text.encode(encoding)).rows
    assert _values(rows, "customer_id", "name") == [("ñ1", "Peña S.A.")]


def test_an_encoding_that_is_given(tmp_path):
    text = "Código;Razón social;Población\n1;Peña S.A.;Coruña\n".encode("cp850")
    rows = taken(tmp_path, "customers", text, "customers: {encoding: cp850}").rows
    assert _values(rows, "name") == [("Peña S.A.",)]


def test_lines_of_examples_and_rows_set_aside(tmp_path):
    """Quotes over several lines, blank lines and a title do not shift the line numbers."""
    text = 'Título\n\nCliente;Fecha;Nota;Escala\n"A\nA";31/01/2024;7;\n\nB;31/01/2024;7;x\nC;nunca;7;\n'
    result = taken(tmp_path, "surveys", text)
    assert "such as 'x' in line 7." in result.warnings
    assert [line for line, _outcome, _raw in result.aside] == [8]


# Workbooks and Parquet


def _workbook(path, sheets):
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    book.close()
    return path


DAY = dt.datetime(2024, 1, 31)


def test_typed_cells_of_a_workbook(tmp_path):
    campaigns = [
        ["Campaña", "Fecha", "Cliente", "Tratado", "Coste"],
        [2024, DAY, 7, True, 1.234],
        [2024, DAY, 8, False, 0],
    ]
    path = _workbook(tmp_path / "book.xlsx", {"Campañas": campaigns})
    rows = taken(tmp_path, "campaigns", path).rows
    assert _values(rows, "campaign_id", "date", "customer_id", "arm", "cost") == [
        ("2024", "2024-01-31", "7", "treated", 1.234), ("2024", "2024-01-31", "8", "control", 0.0),
    ]  # fmt: skip
    spend = [
        ["Mes", "Canal", "Gasto"],
        [DAY, "Web", 1.234],
        [202402, "Web", "1.234,50 €"],
        ["mar-24", "Web", 2],
    ]
    path = _workbook(tmp_path / "book.xlsx", {"Gastos": spend})
    assert _values(taken(tmp_path, "spend", path).rows, "month", "amount") == [
        ("2024-01-01", 1.234), ("2024-02-01", 1234.5), ("2024-03-01", 2.0),
    ]  # fmt: skip


def test_the_sheet_of_a_table(tmp_path):
    """The only sheet with the table's columns; of several, the one that has its name; else it is asked."""
    surveys = [["Cliente", "Fecha", "Nota"], ["A", DAY, 7]]
    market = [["Segmento", "Cuota"], ["Metal", 12.5]]
    path = _workbook(tmp_path / "book.xlsx", {"Notas": [["x"]], "Encuestas": surveys, "Mercado": market})
    assert _values(taken(tmp_path, "surveys", path).rows, "customer_id", "score") == [("A", 7.0)]
    old = [["Cliente", "Fecha", "Nota"], ["B", DAY, 8]]
    path = _workbook(tmp_path / "book.xlsx", {"Antiguas": old, "Encuestas": surveys})
    assert _values(taken(tmp_path, "surveys", path).rows, "customer_id") == [("A",)]
    assert _values(taken(tmp_path, "surveys", path, "surveys: {sheet: Antiguas}").rows, "customer_id") == [
        ("B",)
    ]
    path = _workbook(tmp_path / "book.xlsx", {"2023": old, "2024": surveys})
    with pytest.raises(CarteraError, match=r"sheets 2023 and 2024.*'sheet: 2023' under 'surveys' in dataset"):
        taken(tmp_path, "surveys", path)


def test_parquet(tmp_path):
    frame = pd.DataFrame(
        {
            "contract": [1, 2],
            "customer": ["A", "B"],
            "start": pd.to_datetime(["2024-01-31 23:59", "2024-02-01 00:00"]),
            "end": [None, dt.date(2024, 12, 31)],
            "annual price": [1234.5, 7.0],
        }
    )
    frame.to_parquet(tmp_path / "contracts.parquet")
    rows = taken(tmp_path, "contracts", tmp_path / "contracts.parquet").rows
    assert _values(rows, "contract_id", "customer_id", "started", "ended", "price") == [
        ("1", "A", "2024-01-31", None, 1234.5), ("2", "B", "2024-02-01", "2024-12-31", 7.0),
    ]  # fmt: skip


# Words


def test_the_account_in_the_readers_words(tmp_path):
    result = taken(
        tmp_path, "customers", "Código;Nombre;Potencial\n1;Uno;x\n1;Otro;\n;Nadie;\n2;Dos;5\n3;Tres;6\n"
    )
    quality = result.records.quality
    assert quality.table()["what"].tolist() == [
        "Rows kept",
        "Left out: The same 'customer_id' as an earlier row",
        "Rejected: No 'customer_id' (the customer, as in the sales)",
        "All rows of the file",
    ]
    assert (
        quality.found_table()["what"].tolist()[1] == "Rows with 'potential' that cannot be read (left empty)"
    )
    use_language("es")
    for shown in (*quality.table()["what"], *quality.found_table()["what"], *quality.assumptions):
        assert "Rows" not in shown
        assert "the customer" not in shown


def test_alarms(tmp_path):
    rows = "".join(f"{i};31/01/2024;7\n" for i in range(30))
    fine = taken(tmp_path, "surveys", "Cliente;Fecha;Nota\n" + rows)
    assert fine.warnings == ""
    assert "stands at least twice" in taken(tmp_path, "surveys", "Cliente;Fecha;Nota\n" + rows * 2).warnings
    same = "".join(f"{i % 10 + 1};Zona {i}\n" for i in range(30))
    assert "Rows left out, with the same 'customer_id' as an earlier row: 20." in (
        taken(tmp_path, "customers", "Código;Zona\n" + same).warnings
    )


def test_several_files_of_one_table(tmp_path):
    """Their rows follow each other in the order of the files; a key counts across them."""
    from analysis.dataset.config import DatasetConfig
    from analysis.dataset.ledger.intake_result import Formats
    from analysis.dataset.ledger.table_intake import take_in
    from analysis.dataset.sources.inputs import Input

    write(tmp_path, "a.csv", "Código;Zona;Potencial\n1;Norte;5,5\n2;Sur;x\n")
    write(tmp_path, "b.csv", "Potencial,Zona,Código\n7,Este,2\n8,Oeste,3\n?,Oeste,4\n")
    files = (tmp_path / "a.csv", tmp_path / "b.csv")
    (tmp_path / "out").mkdir()
    config = DatasetConfig()
    given = Input(files, config.customers)
    records = take_in(TABLES["customers"], given, config, Formats(), tmp_path / "out")
    rows = pd.read_parquet(tmp_path / "out" / "customers.parquet")
    assert _values(rows, "customer_id", "region", "potential") == [
        ("1", "Norte", 5.5), ("2", "Sur", None), ("3", "Oeste", 8.0), ("4", "Oeste", None),
    ]  # fmt: skip
    aside = pd.read_parquet(tmp_path / "out" / "set_aside_customers.parquet")
    assert aside[["file", "line", "rule", "raw"]].values.tolist() == [["b.csv", 2, "same_key", "7;Este;2"]]
    assert (
        "of a.csv: cells that could not be read were left empty: 2, such as 'x' in line 3."
        in (records.quality.warnings[0])
    )


def test_files_of_one_name_in_two_folders(tmp_path):
    """Their working copies, made since they are not UTF-8, must not overwrite each other."""
    from analysis import open_dataset

    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        write(tmp_path / year, "ventas.csv", f"Cliente;Fecha;Importe\nñ;31/01/{year};5,50\n", "cp1252")
    config = write(tmp_path, "dataset.yml", "transactions: {file: [2023/ventas.csv, 2024/ventas.csv]}")
    days = pd.read_parquet(open_dataset(config).folder / "transactions.parquet")["date"]
    assert [day.year for day in days] == [2023, 2024]
