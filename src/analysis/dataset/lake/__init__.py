"""Tables in a lake, which Spark reads: what stands for them here, and the account of their rows."""
