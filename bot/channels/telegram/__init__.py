"""Telegram: customers in private chats and groups, staff in a chat of their own."""

CHANNEL = "telegram"
STAFF = "telegram_staff"
LONGEST = 4000  # UTF-16 code units of one message
