"""The card processor simulator: Stripe's wire format, no cards, no money, and failures on demand."""
