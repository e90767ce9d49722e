"""Passes and what they are made of."""
