"""The area description of each care unit: its listed, their need, its care, what to talk of."""
