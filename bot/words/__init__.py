"""Everything the bot can say or understand, read from YAML."""
