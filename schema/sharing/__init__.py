"""Passes that are shared within a household, or given to another client."""
