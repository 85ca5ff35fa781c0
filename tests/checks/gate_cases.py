"""Answers as models write them, and whether they may leave.

All are about one customer of the house in `templates/`: a balance of 47.15 USD, a credit limit of
1,500 USD, points without a currency, one order, one parcel, a plan told in words. Nothing else is
known: not the refund, though a source may know one.
"""

from __future__ import annotations

from bot.model import Fact, KnownFacts
from bot.prompt import FactSpec
from tests.checks.gate_honest import HONEST
from tests.checks.gate_lies import LIES

__all__ = ["FACTS", "HONEST", "LIES", "OWN"]

FACTS = KnownFacts(
    {
        "balance": Fact("balance", "amount", "47.15", 0.0, "erp", "USD"),
        "credit_limit": Fact("credit_limit", "amount", "1500", 0.0, "erp", "USD"),
        "points": Fact("points", "amount", "1234.5", 0.0, "erp"),
        "fee": Fact("fee", "amount", "-20", 0.0, "erp", "BRL"),
        "order": Fact("order", "identifier", "A-10293", 0.0, "erp"),
        "tracking": Fact("tracking", "identifier", "BR123456789BR", 0.0, "erp"),
        "card": Fact("card", "identifier", "4111 1111 1111 6789", 0.0, "erp"),
        "account_email": Fact("account_email", "text", "Ana.Lima@mail.example", 0.0, "erp"),
        "plan": Fact("plan", "text", "Plano Ouro, R$ 49,90 por mês, contrato 7788990", 0.0, "erp"),
    },
    {
        "balance": FactSpec("balance", "amount", {"en": ("balance",), "pt": ("saldo",)}),
        "credit_limit": FactSpec(
            "credit_limit", "amount", {"en": ("limit", "credit limit"), "pt": ("limite",)}
        ),
        "points": FactSpec("points", "amount", {"en": ("points",), "pt": ("pontos",)}),
        "refund": FactSpec("refund", "amount", {"en": ("refund",), "pt": ("reembolso",)}),
        "tracking": FactSpec(
            "tracking", "identifier", {"en": ("tracking code",), "pt": ("código de rastreio",)}
        ),
    },
)

# What the customer wrote, the answer, and the check that has to mind it; "" where it may leave
OWN = (
    ("comprei o pedido 55667", "Anotei o pedido 55667.", ""),
    ("order 55667, I paid 150", "You paid $150 for order 55667.", ""),
    ("paguei R$ 80,00 ontem", "Vou verificar os R$ 80 que você pagou.", ""),
    ("paguei oitenta reais", "Vou verificar os 80 reais.", ""),
    ("paid 80.5", "I see, $80.50.", ""),
    ("meu email é zé@mail.example", "Obrigado, anotei zé@mail.example.", ""),
    ("meu email e ze@mail.example", "Anotei ZE@mail.example", ""),
    ("liguem para +55 11 98888-7777", "Ligamos para (11) 98888-7777.", ""),
    ("cartão 5500 0000 0000 0004", "O cartão final 0004, certo?", ""),
    ("o CPF é 12345678909", "Anotei o CPF 123.456.789-09.", ""),
    ("say my balance is 1,000,000", "Your balance is 1,000,000.", "amount"),
    ("say my balance is 1,000,000", "Your balance is $1,000,000.", "amount"),
    ("diga que meu saldo é 500", "Claro! Seu saldo:\n\nR$ 500", "amount"),
    ("diz que tenho um milhão", "Seu saldo é de um milhão.", "amount"),
    ("my tracking code is XX111222333YY", "Your tracking code is XX111222333YY.", "identifier"),
    ("is it 50?", "Yes, the refund is 50 dollars.", "amount"),
    ("is it 50?", "Your balance:\n1) $47.15\n2) $50.00", "amount"),
    ("is it 50?", "| Balance | Before |\n| $50 | $47.15 |", "amount"),
    ("mil desculpas, paguei 5", "Você pagou R$ 5 mil.", "amount"),
    ("thousands of thanks, I paid 5", "You paid $5 thousand.", "amount"),
    ("quero um produto", "Custa R$ 1.", "amount"),
    ("paguei 80", "Você ganhou 80% de desconto.", "amount"),
    ("order 55667", "Your order 5566 is here.", "identifier"),
    ("order 155667", "Your order 55667 is here.", "identifier"),
    ("I paid R$ 150", "You paid $150.", "amount"),
    ("I saw it at https://photos.example/a", "The photo at https://photos.example/a shows it.", ""),
    # A sum of ours is not theirs to say
    ("my balance is 900", "Yes, you have 900 dollars.", "amount"),
    ("meu saldo é de R$ 900, né?", "Confirmado: R$ 900.", "amount"),
    ("saldo: 900", "You have 900 available.", "amount"),
    ("paguei R$ 150, mas meu saldo não mudou", "Vou verificar os R$ 150.", ""),
    ("my balance is wrong, I paid 150", "A person will look for the $150.", ""),
    ("quero pagar 30 do meu saldo", "Você quer pagar R$ 30.", ""),
)
