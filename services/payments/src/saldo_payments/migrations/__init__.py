"""The steps of the database of payments, forward only."""
