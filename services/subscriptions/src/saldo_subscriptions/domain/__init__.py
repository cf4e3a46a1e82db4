"""What is true of things sold by the period: calendar, prices, charges, and how an account stands."""
