"""A studio's own sandbox: its products and a client copied into a business with a test clock, and a year played."""
