"""Fees for visits that ended late or were missed."""
