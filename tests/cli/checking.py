"""What tests of `nightdesk check` share."""

from __future__ import annotations

CANARY = "canary0123456789abcdef0123456789"


def places(flaws) -> list[str]:
    return [flaw["place"] for flaw in flaws]


def secrets() -> dict[str, str]:
    return {
        "NIGHTDESK_API_KEYS": f"shop={CANARY}", "NIGHTDESK_SECRET_KEY": CANARY,
        "TELEGRAM_BOT_TOKEN": f"4711:{CANARY}", "TELEGRAM_WEBHOOK_SECRET": CANARY,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": CANARY,
        "TWILIO_AUTH_TOKEN_NEXT": CANARY, "TWILIO_SHARED_KEYS": f"a={CANARY}",
        "TWILIO_WHATSAPP_FROM": "+14155550100", "PUBLIC_URL": "https://desk.example.com",
        "OPENAI_API_KEY": CANARY, "ANTHROPIC_API_KEY": CANARY,
        "SENTRY_DSN": f"https://{CANARY}@sentry.invalid/1",
    }  # fmt: skip
