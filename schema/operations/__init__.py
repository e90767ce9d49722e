"""Operations: who did what, and when."""
