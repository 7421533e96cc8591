"""The pages of the programmes: who took part, what changed beside comparison units, and when."""
