"""What is true, what is stored, what is asked and what is done."""
