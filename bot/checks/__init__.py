"""The last look at a message before it may leave."""
