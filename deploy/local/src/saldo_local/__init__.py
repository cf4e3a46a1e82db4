"""The embedded stack: PostgreSQL, Kafka broker, mail sink and card processor simulator on one machine."""
