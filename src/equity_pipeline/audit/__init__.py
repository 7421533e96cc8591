"""The audit: an attacker who reads released files only and tries to find what they hide."""
