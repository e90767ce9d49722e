"""Many visits and many passes solved together, over an instance that knows neither passes nor visits."""
