"""What is sold and attended."""
