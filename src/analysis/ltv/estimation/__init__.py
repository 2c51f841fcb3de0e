"""The numerics of lifetime value: likelihoods, gradients, the search for an optimum and how sure it is.

Equal histories are counted once (``equal_histories``). The likelihoods are ``bg_nbd`` (with the MBG/NBD as
its variant), ``pareto_nbd`` and ``gamma_gamma``; ``search`` maximises them, and ``profile_likelihood``
follows what the data leave open. ``negative_binomial`` has the probabilities that predictions add up.
`analysis.ltv.fit_purchases` and `analysis.ltv.fit_spend` are the door to all this.
"""
