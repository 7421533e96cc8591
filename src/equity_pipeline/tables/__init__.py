"""The table forms T0-T12: projections of the estimates, in the shape that is declared."""
