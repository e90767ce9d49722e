"""How it is asked: the GraphQL face. No SQL and no arithmetic; models answer, this package shows."""
