"""What the desk survives: kills, storms, locks and full disks, against the real program."""
