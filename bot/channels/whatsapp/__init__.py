"""WhatsApp through Twilio: signed webhooks in, the Messages resource out."""

CHANNEL = "whatsapp"
LONGEST = 1500  # UTF-16 units of one message; Twilio takes 1,600 with our marks around words
WINDOW_SECONDS = 24 * 3600.0 - 300.0  # after the customer's last message; five minutes early
