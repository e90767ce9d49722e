"""What is true of session passes: pure functions over frozen values. Imports the standard library only."""
