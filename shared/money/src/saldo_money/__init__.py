"""Exact money: amounts in minor units, currencies, rounding and allocation."""
