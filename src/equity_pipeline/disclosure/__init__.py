"""The door: what may be shown, what must be hidden with it, and the type that says so."""
