"""How invoicing's database grew: forward only, each revision with its reason."""
