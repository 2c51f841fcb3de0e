"""Measure on demo portfolios, whose truth is known, what the action plan earns beside other lists.

``python -m benchmarks.plans`` prints the table of the README, in a quarter of an hour of processor time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from plan_proof import BUDGET, earned  # noqa: E402

SEEDS = range(1, 21)


def main() -> None:
    """Print the mean of what each plan earned, and its share of what true effects would."""
    rows = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(earned(seed, Path(folder)))
    frame = pd.DataFrame(rows)
    beaten = frame.lt(frame["measured"], axis=0).sum()
    told = {"mean": frame.mean(), "least": frame.min(), "most": frame.max(), "measured earns more in": beaten}
    table = pd.DataFrame(told).assign(share=frame.mean() / frame["true effects"].mean())
    print(f"Budget {BUDGET:,.0f}, {len(frame)} portfolios")
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
