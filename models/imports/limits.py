"""How much of a file is taken. Everything is read as a stream, so these bound the time and the store, not memory."""

MEGABYTES_MAX = 256
FILE_BYTES_MAX = MEGABYTES_MAX * 1024 * 1024
"""Of the text itself, inflated."""
LINES_MAX = 1_000_000
FIELD_CHARACTERS_MAX = 20_000
COLUMNS_MAX = 200
INFLATION_MAX = 200
"""How many times larger than its compressed form a file may come out. Real CSV comes to 5 to 30."""
MEMBERS_MAX = 1_000
CHUNK_BYTES = 256 * 1024
"""Read at once; a stream is never inflated further ahead."""
