"""What leaves the house: parquet, the published database, manifests and releases."""
