"""Would the models have predicted the recent past? Fit before a date, compare with what customers then did.

The split by date and the forecasts (``holdout``), the baselines to beat (``baselines``), how far each was
off (``accuracy``), by groups of customers (``by_group``) and over time (``tracking``).
"""
