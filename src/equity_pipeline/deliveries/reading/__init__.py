"""From delivered bytes to batches of text: found, held to the gate, read in blocks."""
