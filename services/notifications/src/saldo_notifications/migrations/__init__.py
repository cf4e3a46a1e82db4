"""How this service's database came to be, step by step; forward only."""
