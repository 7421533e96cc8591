"""The gate between loading and building: suites, counted gates, and the readiness table."""
