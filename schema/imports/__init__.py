"""Imports: files taken in from another system."""
