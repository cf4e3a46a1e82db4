"""What is sold and what it costs: catalogue, subscriptions, charges, suspension and reactivation."""
