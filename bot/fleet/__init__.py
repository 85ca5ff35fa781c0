"""Several processes that are one desk: who there is, who does what, and how they hear of news."""
