"""Sandboxes: copies of products and a client in a time of their own."""
