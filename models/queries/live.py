"""What is still there to be named: a location, service, client or household whose creation was not undone."""

LIVE = "archived_at IS NULL FOR KEY SHARE"
"""What a verb asks of one that it is about to name. Until the verb commits, nobody can take that creation back."""
