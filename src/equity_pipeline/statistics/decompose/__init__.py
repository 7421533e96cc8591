"""Parts that add up to a difference: need, units, coefficients, determinants."""
