"""The durable record: the only room that knows SQL."""
