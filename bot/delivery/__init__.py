"""From a stored answer to the customer's screen: one place that sends."""
