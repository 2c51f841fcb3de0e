"""Charts: a tidy frame and an ``ax`` in, the ``ax`` out; one module per topic."""
