"""Waiting times: quantiles and survival, with people who still wait counted as censored."""
