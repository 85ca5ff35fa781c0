"""WhatsApp through Twilio: signed webhooks in, the Messages resource out."""

CHANNEL = "whatsapp"
LONGEST = 1600  # UTF-16 units of one message; without our guards and marks it is never longer
WINDOW_SECONDS = 24 * 3600.0 - 300.0  # after the customer's last message; five minutes early
