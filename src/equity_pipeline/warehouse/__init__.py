"""The warehouse: internal databases, models read from ``sql/``, and the build that runs them."""
