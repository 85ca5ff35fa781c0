"""Each channel: two pure translators (`parse`, `show`) and a thin door that calls them."""
