"""Delivered files: declared layouts, the gate, the guard, quarantine, and the way into ``raw``."""
