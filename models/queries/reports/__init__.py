"""Reports: tables a studio reads, prints and hands to its accountant. See `catalogue.py` for the list of them."""
