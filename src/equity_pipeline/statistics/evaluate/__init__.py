"""Did a programme change anything: difference-in-differences, time series, run charts, costs."""
