"""Where data comes from and what it must look like."""

from analysis.dataset.dataset import Dataset, open_dataset

__all__ = ["Dataset", "open_dataset"]
