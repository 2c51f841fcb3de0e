"""What leaves the workbook: results of a notebook, runs, reports."""
