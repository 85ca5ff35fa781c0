"""Where facts about customers are looked up."""
