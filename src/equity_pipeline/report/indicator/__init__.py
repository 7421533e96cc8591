"""The page of one indicator: what is known of it, from disclosed rows to figures and words."""
