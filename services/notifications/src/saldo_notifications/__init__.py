"""Telling people: who gets which message in which language, and the proof that it was delivered."""
