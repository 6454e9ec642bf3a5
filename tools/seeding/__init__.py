"""A past for a running deployment: days of payments, simulated and loaded into its tables."""
