"""What is true of collecting money: methods, payments, attempts, and what may be charged."""
