"""What is done: one verb a file, each an `async def verb(tx, command)`, carried out by `run.run`."""
