"""What is measured: one function per task, each run in a process of its own.

``python -m benchmarks.tasks NAME ARGUMENT`` runs one and prints as JSON the seconds it took, imports not
counted, and what it found, so that peers can be compared for equality too.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.clock import Clock
from benchmarks.intake_tasks import (
    adding_up_cartera,
    adding_up_duckdb,
    intake_cartera,
    intake_duckdb,
)

WINDOW = 300
"""Days of silence after which a customer of the generated sales counts as inactive."""
CUSTOMERS_BY_HAND = """
with days as (
    select
        customer_id, date,
        sum(amount) filter (kind = 'sale') as sales,
        sum(amount) filter (kind <> 'sale') as returns,
        sum(cost) as cost,
        bool_or(kind = 'sale') as purchase,
        bool_or(kind = 'sale' and order_id is null) as without_order
    from transactions where date <= $as_of group by all
),
named_orders as (
    select customer_id, count(distinct order_id) as named
    from transactions where date <= $as_of and kind = 'sale' group by all
),
totals as (
    select
        customer_id,
        min(date) filter (purchase) as first_purchase,
        max(date) filter (purchase) as last_purchase,
        count(*) filter (purchase) as purchase_days,
        greatest(purchase_days - 1, 0) as x,
        count(*) filter (without_order) as unnamed,
        coalesce(sum(sales), 0) as sales,
        coalesce(sum(returns), 0) as returns,
        sum(cost) as cost,
        arg_min(sales, date) filter (purchase) as first_day_sales
    from days group by all
)
select
    customer_id, first_purchase, last_purchase, purchase_days, x, unnamed + coalesce(named, 0) as orders,
    sales, returns, sales + returns as net_sales, cost,
    if(x > 0, cast(sales - first_day_sales as double) / x, null) as repeat_value
from totals left join named_orders using (customer_id)
order by customer_id
"""


def make_csv(rows: str) -> dict[str, float]:
    """Make the generated sales here, so that the process that measures stays small."""
    data.csv(int(rows))
    return {}


def make_canonical(rows: str) -> dict[str, float]:
    """Make the same sales as canonical Parquet, and by customer and day."""
    data.customer_days(int(rows))
    return {}


def customers_cartera(rows: str) -> dict[str, float]:
    """Parquet to the customer table, as a notebook does it."""
    from analysis.dataset.as_of import views
    from analysis.engine.duckdb import DuckDBEngine

    tables = {"customer_days": data.customer_days(int(rows))}
    with Clock() as clock:
        customers = DuckDBEngine(tables, views(tables, data.AS_OF)).query("customers", as_of=data.AS_OF)
    return clock.found(repeats=customers["x"].sum(), value=round(customers["repeat_value"].sum()))


def customers_anew(rows: str) -> dict[str, float]:
    """The same with the sales by customer and day made first, as when they are read."""
    import duckdb

    from analysis.dataset.as_of import views
    from analysis.dataset.customer_days import write_customer_days
    from analysis.engine.duckdb import DuckDBEngine

    path = data.canonical(int(rows))
    with tempfile.TemporaryDirectory(dir=data.FOLDER) as folder:
        tables = {"customer_days": Path(folder) / "customer_days.parquet"}
        with Clock() as clock:
            with duckdb.connect() as connection:
                write_customer_days(connection, path, tables["customer_days"])
            made = clock.so_far()
            customers = DuckDBEngine(tables, views(tables, data.AS_OF)).query("customers", as_of=data.AS_OF)
    found = clock.found(repeats=customers["x"].sum(), value=round(customers["repeat_value"].sum()))
    return found | {"adding_up": made}


def customers_duckdb(rows: str) -> dict[str, float]:
    """Parquet to the customer table, with a query written by hand for DuckDB."""
    import duckdb
    import pandas  # noqa: F401 its import is not measured

    path = data.canonical(int(rows))
    with Clock() as clock:
        connection = duckdb.connect()
        connection.read_parquet(str(path)).create_view("transactions")
        customers = connection.execute(CUSTOMERS_BY_HAND, {"as_of": data.AS_OF}).df()
    return clock.found(repeats=customers["x"].sum(), value=round(customers["repeat_value"].sum()))


def customers_lifetimes(rows: str) -> dict[str, float]:
    """Parquet to the customer table of lifetimes, which has fewer columns: frequency, recency, T, value."""
    import pandas as pd
    import pyarrow.parquet  # noqa: F401
    from lifetimes.utils import summary_data_from_transaction_data

    path = data.canonical(int(rows))
    with Clock() as clock:
        frame = pd.read_parquet(path, columns=["customer_id", "date", "kind", "amount"])
        frame = frame[frame["kind"] == "sale"].astype({"amount": "float64", "date": "datetime64[s]"})
        read = clock.so_far()
        customers = summary_data_from_transaction_data(
            frame, "customer_id", "date", monetary_value_col="amount", observation_period_end=data.AS_OF
        )
    found = clock.found(
        repeats=customers["frequency"].sum(),
        value=round((customers["monetary_value"] * (customers["frequency"] > 0)).sum()),
    )
    return found | {"reading": read}


def fit_bg_nbd_cartera(customers: str) -> dict[str, float]:
    """Fit the BG/NBD model as a notebook does it."""
    return _fit_cartera("bg_nbd", int(customers))


def fit_pareto_nbd_cartera(customers: str) -> dict[str, float]:
    """Fit the Pareto/NBD model as a notebook does it."""
    return _fit_cartera("pareto_nbd", int(customers))


def _fit_cartera(kind: str, customers: int) -> dict[str, float]:
    import numpy as np
    import pandas as pd

    from analysis import ltv

    x, t_x, t = np.load(data.histories(kind, customers))
    frame = pd.DataFrame({"x": x.astype("int64"), "t_x": t_x, "T": t})
    summary = ltv.Summary(frame, "day", dt.date(2024, 1, 1))
    with Clock() as clock:
        model = ltv.fit_purchases(summary, kind)
    if not model:
        raise SystemExit(model.describe())
    return clock.found(log_likelihood=model.log_likelihood)


def fit_bg_nbd_lifetimes(customers: str) -> dict[str, float]:
    """Fit the BG/NBD model with plain lifetimes."""
    from analysis.ltv import import_lifetimes

    return _fit_lifetimes(import_lifetimes().BetaGeoFitter(), "bg_nbd", int(customers))


def fit_pareto_nbd_lifetimes(customers: str) -> dict[str, float]:
    """Fit the Pareto/NBD model with plain lifetimes."""
    from analysis.ltv import import_lifetimes

    return _fit_lifetimes(import_lifetimes().ParetoNBDFitter(), "pareto_nbd", int(customers))


def _fit_lifetimes(fitter: Any, kind: str, customers: int) -> dict[str, float]:
    """Fit, and compute the log-likelihood at the parameters found with our function, in our units."""
    import numpy as np
    import pandas as pd

    from analysis import ltv
    from analysis.ltv.purchases import in_unit, likelihood, scaled_counts

    np.random.seed(1)  # noqa: NPY002 it starts the Pareto/NBD from random values without a seed
    x, t_x, t = np.load(data.histories(kind, customers))
    with Clock() as clock:
        fitter.fit(x, t_x, t)
    frame = pd.DataFrame({"x": x.astype("int64"), "t_x": t_x, "T": t})
    counts, longest = scaled_counts(ltv.Summary(frame, "day", dt.date(2024, 1, 1)))
    at = np.array(list(in_unit(dict(fitter.params_), 1 / longest).values()))
    value = likelihood(kind, counts).evaluate(at)[0] - counts.bought * np.log(longest)
    return clock.found(log_likelihood=value)


def clusters_cartera(customers: str) -> dict[str, float]:
    """From the customer table to RFM and clusters, their number by silhouette and stability."""
    from analysis import segmentation

    table = _customer_table(int(customers))
    with Clock() as clock:
        scored = segmentation.rfm(table, data.AS_OF)
        found = segmentation.clusters(table, data.AS_OF, scored)
    if not found:
        raise SystemExit(found.describe())
    return clock.found(clustered=len(found.customers))


def clusters_sklearn(customers: str) -> dict[str, float]:
    """The same with plain scikit-learn: standardised, k-means, the number by silhouette on a sample."""
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    table = _customer_table(int(customers))
    with Clock() as clock:
        days = [(pd.Timestamp(data.AS_OF) - table[f"{end}_purchase"]).dt.days for end in ("last", "first")]
        value = table["net_sales"] / table["purchase_days"]
        columns = pd.concat([*days, table["purchase_days"], value], axis=1)
        points = StandardScaler().fit_transform(columns.to_numpy(float))
        tried = [KMeans(count, random_state=1).fit_predict(points) for count in range(3, 9)]
        scores = [silhouette_score(points, found, sample_size=10_000, random_state=1) for found in tried]
        labels = tried[scores.index(max(scores))]
    return clock.found(clustered=len(labels))


def _customer_table(customers: int) -> Any:
    """Return the columns of the customer table that are needed, of customers who live by the BG/NBD."""
    import numpy as np
    import pandas as pd

    x, t_x, t = np.load(data.histories("bg_nbd", customers))
    random, days = np.random.default_rng(1), np.timedelta64(1, "D")
    bought = np.maximum(x, 1)
    mean = random.standard_gamma(4 * bought) / random.gamma(4, 1 / 30, len(x)) / bought
    first = np.datetime64(data.AS_OF) - t * days
    return pd.DataFrame(
        {
            "customer_id": np.arange(len(x)),
            "first_purchase": first.astype("datetime64[s]"),
            "last_purchase": (first + t_x * days).astype("datetime64[s]"),
            "purchase_days": x.astype("int64") + 1,
            "x": x.astype("int64"),
            "repeat_value": np.where(x > 0, mean, np.nan),
            "sales": mean * (x + 1),
            "net_sales": mean * (x + 1),
        }
    )


def value_cartera(customers: str) -> dict[str, float]:
    """From the customer table to CLV and the interval of customer equity, as a notebook does it."""
    from analysis import ltv
    from analysis.ltv.intervals import total_intervals
    from analysis.ltv.value import clv, worth_per_purchase

    table = _customer_table(int(customers))
    with Clock() as clock:
        summary = ltv.summarise(table, data.AS_OF)
        purchases, spend = ltv.fit_purchases(summary, "bg_nbd"), ltv.fit_spend(summary)
        if not (purchases and spend):
            raise SystemExit("not fitted")
        values = clv(summary, purchases, spend, horizon_weeks=52, annual_discount_rate=0.1, margin_rate=0.3)
        worth = worth_per_purchase(values)
        equity = total_intervals(purchases, summary, 52, worth, spend=spend)[1]
    return clock.found(equity=values["clv"].sum(), low=equity.low, high=equity.high)


def classes_cartera(rows: str) -> dict[str, float]:
    """From the tables of customers to all scores and classes, as a notebook does it."""
    import pandas as pd

    from analysis import segmentation
    from analysis.portfolio import ActivityWindow, GrowthPotential

    known = _Known(int(rows))
    window = ActivityWindow(WINDOW, pd.DataFrame())
    with Clock() as clock:
        scored = segmentation.rfm(known.customers, data.AS_OF, window)
        classed = segmentation.abc(known.customers)
        segmentation.abc_views(known.profile)
        cells = segmentation.abc_xyz(classed, known, window).tables()["abc_xyz"]
        segmentation.abc_potential(GrowthPotential(known.potential, pd.DataFrame()))
        cycle = segmentation.life_cycle(known, window)
    return clock.found(
        customers=len(scored.customers),
        without_rhythm=cells.loc[cells["xyz"] == "", "customers"].sum(),
        growing=cycle.sizes().set_index("stage").loc["Growing", "customers"],
    )


def classes_pandas(rows: str) -> dict[str, float]:
    """The same as a notebook of one's own does it: `qcut`, names by pattern, cumulative sums, groups."""
    import pandas as pd

    known = _Known(int(rows))
    names = {"[12][12]": "lost", "[12][34]": "at risk", "[12]5": "cannot lose", "3[12]": "about to sleep",
             "33": "needs attention", "[34][45]": "loyal", "41": "promising", "51": "new",
             "[45][23]": "potential loyalist", "5[45]": "champion"}  # fmt: skip

    def scores(values: pd.Series, order: range) -> pd.Series:
        return pd.qcut(values.rank(method="first"), 5, labels=list(order)).astype(int)

    def classes(frame: pd.DataFrame, column: str) -> pd.Series:
        ranked = frame.set_index("customer_id")[column].sort_values(ascending=False)
        larger = (ranked.cumsum() - ranked) / ranked.sum()
        return pd.cut(larger, [-1, 0.8, 0.95, float("inf")], right=False, labels=["A", "B", "C"])

    def stages(day: pd.Timestamp) -> pd.Series:
        trend = known.query("customer_trend", as_of=day.date()).set_index("customer_id")
        change = (trend["sales_now"] - trend["sales_before"]) / trend["squares"] ** 0.5
        found = pd.cut(change, [-float("inf"), -1.2816, 1.2816, float("inf")], labels=["down", "same", "up"])
        found = found.astype("object").fillna("same")
        found[trend["first_purchase"] > day - pd.DateOffset(years=1)] = "new"
        found[(day - trend["last_purchase"]).dt.days > WINDOW] = "inactive"
        return found

    with Clock() as clock:
        bought = known.customers.dropna(subset="last_purchase").set_index("customer_id")
        bought["days"] = (pd.Timestamp(data.AS_OF) - bought["last_purchase"]).dt.days
        bought["r"] = scores(bought["days"], range(5, 0, -1))
        bought["f"] = scores(bought["purchase_days"], range(1, 6))
        bought["m"] = scores(bought["net_sales"], range(1, 6))
        joined = bought["r"].astype(str) + bought["f"].astype(str)
        bought["segment"] = joined.replace(names, regex=True)
        for column in ("net_sales", "contribution_margin", "clv"):
            bought[f"abc_{column}"] = classes(known.profile, column)
        gaps = known.days.groupby("customer_id")["date"].diff().dt.days.groupby(known.days["customer_id"])
        rhythm = gaps.agg(["count", "mean", "std"]).query("count >= 3")
        variation = rhythm["std"] / rhythm["mean"]
        bought["xyz"] = pd.cut(variation, [-1, 0.5, 1, float("inf")], labels=["X", "Y", "Z"])
        bought.groupby(["abc_net_sales", "xyz"], observed=True)["net_sales"].agg(["size", "sum"])
        matrix = known.potential.set_index("customer_id")
        matrix["abc"] = classes(known.potential, "net_sales")
        matrix["potential_class"] = classes(known.potential, "growth_potential")
        now = stages(pd.Timestamp(data.AS_OF))
        pd.crosstab(stages(pd.Timestamp(data.AS_OF) - pd.DateOffset(years=1)), now)
    without_rhythm = len(known.customers) - len(rhythm)
    return clock.found(customers=len(bought), without_rhythm=without_rhythm, growing=(now == "up").sum())


class _Known:
    """What classes are made of, read before the clock runs; a data set whose queries are answered already."""

    as_of, currency, tables, columns = data.AS_OF, None, {}, frozenset()  # type: ignore[var-annotated]

    def __init__(self, rows: int) -> None:
        from analysis.dataset.as_of import views
        from analysis.engine.duckdb import DuckDBEngine

        tables = {"transactions": data.canonical(rows), "customer_days": data.customer_days(rows)}
        engine = DuckDBEngine(tables, views(tables, self.as_of))
        self.customers = engine.query("customers", as_of=self.as_of)
        self.days = engine.query("purchase_days", as_of=self.as_of)
        earlier = self.as_of.replace(year=self.as_of.year - 1)
        self._trends = {day: engine.query("customer_trend", as_of=day) for day in (earlier, self.as_of)}
        sales = self.customers["net_sales"]
        self.profile = self.customers.assign(
            contribution_margin=0.3 * sales - 10, clv=sales / self.customers["purchase_days"]
        )
        rows_now = self._trends[self.as_of][["customer_id", "net_sales"]]
        gap = rows_now["net_sales"].quantile(0.75) - rows_now["net_sales"]
        self.potential = rows_now.assign(growth_potential=gap.clip(lower=0))

    def query(self, name: str, as_of: dt.date = data.AS_OF) -> Any:
        return self.days if name == "purchase_days" else self._trends[as_of]


def run_cartera(name: str) -> dict[str, float]:
    """Run ``cartera run`` as a newcomer does: nothing read before, no report yet."""
    command = Path(sys.executable).with_name("cartera")
    with tempfile.TemporaryDirectory(dir=data.FOLDER) as folder:
        environment = os.environ | {"CARTERA_CACHE": f"{folder}/cache"}
        with Clock() as clock:
            done = subprocess.run(
                [command, "run", name, "--out", f"{folder}/report"],
                env=environment,
                check=False,
                capture_output=True,
                text=True,
            )
        if done.returncode:
            raise SystemExit(done.stderr)
        return clock.found()


def run_bare(_name: str) -> dict[str, float]:
    """Start the same kernels and import the same libraries, from a process that does nothing else."""
    with Clock() as clock:
        subprocess.run([sys.executable, "-m", "benchmarks.kernels"], check=True)
    return clock.found()


TASKS: dict[str, Callable[[str], dict[str, float]]] = {
    task.__name__: task
    for task in (
        make_csv,
        make_canonical,
        customers_cartera,
        customers_anew,
        customers_duckdb,
        customers_lifetimes,
        intake_cartera,
        intake_duckdb,
        adding_up_cartera,
        adding_up_duckdb,
        fit_bg_nbd_cartera,
        fit_bg_nbd_lifetimes,
        fit_pareto_nbd_cartera,
        fit_pareto_nbd_lifetimes,
        clusters_cartera,
        clusters_sklearn,
        value_cartera,
        classes_cartera,
        classes_pandas,
        run_cartera,
        run_bare,
    )
}


if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](sys.argv[2])))
