"""What is asked of the store. Reads take an asyncpg connection whose tenant is set."""
