"""How open sources are asked: one polite client, answers kept as they came."""
