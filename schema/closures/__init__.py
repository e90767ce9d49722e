"""What holds many passes at once: closures of locations, and disputes about orders."""
