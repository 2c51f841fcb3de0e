"""Compare the forecast of churn with the truth of twenty demo portfolios.

``python -m benchmarks.foresight [--seeds N]`` prints the table of the README, in half an hour.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from foresight import measured


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.foresight")
    parser.add_argument("--seeds", type=int, default=20)
    rows = []
    for seed in range(1, parser.parse_args().seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(seed, Path(folder) / "demo"))
        print(seed, {name: round(value, 3) for name, value in rows[-1].items()}, flush=True)
    table = pd.DataFrame(rows)
    table["error_within_chance"] = (table["error"] <= table["by_chance"]).astype(float)
    print("| | median | lowest | highest |\n|---|---|---|---|")
    for name, column in table.items():
        print(f"| {name} | {column.median():.3f} | {column.min():.3f} | {column.max():.3f} |")


if __name__ == "__main__":
    main()
