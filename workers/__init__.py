"""What happens by itself: passes expire, renew and convert, open charges settle, books are checked."""
