"""Personal numbers: found, refused or made pseudonyms, and keys that can be replaced."""
