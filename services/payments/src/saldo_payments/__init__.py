"""How money is collected: payment methods, autopay, attempts and their limits, the card processor."""
