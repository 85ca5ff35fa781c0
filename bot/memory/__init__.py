"""What a model is shown: persona, facts, and as much of the conversation as fits."""
