"""Visits and what pays for them."""
