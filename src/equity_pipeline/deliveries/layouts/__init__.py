"""What a delivered file looks like, and how its text becomes our typed columns."""
