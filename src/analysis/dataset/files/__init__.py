"""What files look like: text with its encoding, delimiter and records, workbooks, Parquet."""
