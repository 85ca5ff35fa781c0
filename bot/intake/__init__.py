"""From a parsed message to a turn that is decided and settled, exactly once."""
