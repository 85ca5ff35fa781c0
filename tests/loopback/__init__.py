"""What the stand-ins for platforms have in common: their time, waiting, chance, their address."""
