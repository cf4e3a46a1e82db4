"""The outside of payments: its tables, the card processor, machine time, alarms."""
