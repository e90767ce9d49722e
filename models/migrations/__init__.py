"""The history of the store's shape, and how it is applied."""
