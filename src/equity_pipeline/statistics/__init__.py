"""Pure statistics: arrays of numbers in, estimates with intervals out; no files, no frames."""
