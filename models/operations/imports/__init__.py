"""Take in a file of another system: staged, checked, and written whole in one transaction or not at all."""
