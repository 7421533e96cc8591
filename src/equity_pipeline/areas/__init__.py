"""Areas: what their codes say, which vintage they are of, and how a resource-weak area is told."""
