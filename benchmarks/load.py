"""Customers: what they ask, and a driver that asks it at a given rate.

The driver is open-loop: a message is sent when its time has come, however slow the answers to
earlier ones are. The gaps are random, as customers' are, but the same in every run.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import aiohttp

CONVERSATIONS = 300
KEY = "benchmark-key-of-no-value"

# Topics with a fixed answer in templates/: a greeting, the question, and what people add to it.
_QUESTIONS = {
    "pt": (
        ("", "oi, ", "Olá! ", "bom dia, ", "boa tarde ", "opa ", "gente, "),
        ("qual o horário de funcionamento?", "que horas vocês abrem?", "vcs abrem no sábado?",
         "onde fica a loja?", "qual o endereço de vocês?", "quanto custa o frete?",
         "tem frete grátis?", "quanto tempo demora pra chegar em {city}?",
         "qual o prazo de entrega pra {city}?", "aceita pix?", "dá pra parcelar em {n}x no cartão?",
         "quais as formas de pagamento?", "como faço pra trocar o tamanho?",
         "como devolvo um produto?", "preciso da nota fiscal"),
        ("", " obrigada", " valeu", " é pra {city}", " pfv", " 🙂", " preciso saber hoje"),
    ),
    "en": (
        ("", "hi, ", "Hello! ", "good morning, ", "hey "),
        ("what are your opening hours?", "are you open on Saturday?", "where is your shop?",
         "what is your address?", "how much is shipping?", "is shipping free?",
         "how long does delivery to {city} take?", "do you accept credit cards?",
         "can I pay in {n} instalments?", "how do I exchange for another size?",
         "can I return it if it doesn't fit?", "I need an invoice"),
        ("", " thanks", " please", " it's for {city}", " need to know today"),
    ),
    "es": (
        ("", "hola, ", "¡Buenas! ", "buenos días, ", "buenas tardes "),
        ("¿cuál es el horario?", "¿abren el sábado?", "¿dónde está la tienda?",
         "¿cuál es la dirección?", "¿cuánto cuesta el envío?", "¿el envío es gratis?",
         "¿cuánto tarda la entrega a {city}?", "¿aceptan tarjeta?",
         "¿puedo pagar en {n} cuotas?", "¿cómo cambio por otra talla?",
         "¿cómo devuelvo un producto?", "necesito la factura"),
        ("", " gracias", " por favor", " es para {city}", " es urgente"),
    ),
}  # fmt: skip
_CITIES = ("Recife", "Manaus", "Curitiba", "Belém", "Niterói", "Porto Alegre", "Montevideo")
_LANGUAGES = ("pt", "pt", "pt", "en", "es")  # mostly Portuguese, as in a Brazilian shop


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as its sender saw it; all times are Unix times."""

    id: str
    begun: float  # the POST was begun
    answered: float  # its HTTP answer was there


class Customers:
    """Three hundred of them, each keeping to one language."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._numbers = count(1)
        self._language = [self._random.choice(_LANGUAGES) for _ in range(CONVERSATIONS)]

    def message(self) -> dict[str, str]:
        """The body of the next POST."""
        customer = self._random.randrange(CONVERSATIONS)
        return {
            "conversation": f"customer-{customer}",
            "id": f"m{next(self._numbers)}",
            "text": self.question(customer),
        }

    def question(self, customer: int) -> str:
        """What that customer asks next."""
        parts = _QUESTIONS[self._language[customer]]
        text = "".join(self._random.choice(part) for part in parts)
        return text.format(city=self._random.choice(_CITIES), n=self._random.randint(2, 12))

    def gaps(self, rate: float, seconds: float) -> Iterator[float]:
        """Seconds between messages until `seconds` are over, `rate` a second on the average."""
        elapsed = 0.0
        while (elapsed := elapsed + (gap := self._random.expovariate(rate))) < seconds:
            yield gap


async def drive(url: str, customers: Customers, rate: float, seconds: float) -> list[Sent]:
    """Send messages for that long; every one must be accepted."""
    timeout = aiohttp.ClientTimeout(total=30)
    headers = {"Authorization": f"Bearer {KEY}"}
    tasks = []
    async with (
        aiohttp.ClientSession(url, headers=headers, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        due = time.monotonic()
        for gap in customers.gaps(rate, seconds):
            due += gap
            await asyncio.sleep(due - time.monotonic())
            tasks.append(group.create_task(_send(session, customers.message())))
    return [task.result() for task in tasks]


async def _send(session: aiohttp.ClientSession, body: dict[str, str]) -> Sent:
    begun = time.time()
    async with session.post("/api/messages", json=body) as answer:
        await answer.read()
        answered = time.time()
        answer.raise_for_status()
    return Sent(body["id"], begun, answered)
