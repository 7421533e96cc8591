"""Pages for readers, made from disclosed tables only."""
