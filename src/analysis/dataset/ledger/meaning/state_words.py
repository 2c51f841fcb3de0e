"""Words for the state of an order that are not known."""

from __future__ import annotations

from analysis.dataset.ledger.meaning.rows import Found, Rows
from analysis.dataset.ledger.sales_sql import ANY_OTHER
from analysis.dataset.ledger.states import CREDIT_NOTE, SOLD, VOID
from analysis.dataset.schema import same_name
from analysis.dataset.yaml_file import as_yaml
from analysis.language import _, listing, number

_MOST_STATES = 30
"""Different words in a column up to which they are states."""


def state_words(rows: Rows) -> Found:
    """Ask for the meaning of states that are not known; a refund on a negative row of its own is one."""
    if not rows.has("status") or ANY_OTHER in rows.config.transactions.states:
        return None
    words = rows.connection.execute(
        "select status, count(*), cast(coalesce(sum(amount), 0) as double) from ledger "  # noqa: S608
        "where status is not null and outcome not in ('excluded:total', 'excluded:heading') "
        f"and not (coalesce(amount < 0, false) and regexp_full_match(squeezed(status), '{CREDIT_NOTE}')) "
        "group by status order by count(*) desc"
    ).fetchall()
    known = SOLD | VOID | set(map(same_name, rows.config.transactions.states))
    unknown = [(word, n, money) for word, n, money in words if same_name(word) not in known]
    if not unknown or len(words) > _MOST_STATES:
        return None
    shown = [
        _("'{word}' (rows: {n}, money: {money})").format(word=word, n=number(n), money=number(money, 2))
        for word, n, money in unknown
    ]
    example = unknown[0][0]
    return rows.question(
        _("{file}: is {states} in '{header}' the state of a sale, or of one that never came to be?"),
        {
            f"states: {{{as_yaml(example)}: sale}}": _(
                "If '{example}' is that of a sale, net sales are {net}"
            ),
            f"states: {{{as_yaml(example)}: cancelled}}": _("If not, net sales are {net}"),
        },
        states=listing(shown),
        header=rows.header("status"),
        example=example,
    )
