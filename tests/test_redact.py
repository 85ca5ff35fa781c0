"""The last net: no secret and nobody's number gets through, and what logs are for stays."""

from __future__ import annotations

import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redact import DEEPEST, EMAIL, NUMBER, SECRET, TOKEN, redact, redacted

TOKEN_TEXT = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"

SECRETS = [
    (f"https://api.telegram.org/bot{TOKEN_TEXT}/getMe", f"https://api.telegram.org/{TOKEN}/getMe"),
    (f"token of ours {TOKEN_TEXT}", f"token of ours {TOKEN}"),
    ("bot42:ABC in a short form", f"bot{TOKEN} in a short form"),
    ("key sk-proj-Ab3_xYz-0192837465", f"key {SECRET}"),
    ("sk-ant-api03-QwErTyUi-2026-11-23", SECRET),
    ("Authorization: Bearer abcdefgh.ijkl", f"Authorization: Bearer {SECRET}"),
    ("sent bearer 0a1b2c3d4e", f"sent bearer {SECRET}"),
    ("Basic dXNlcjpwYXNz", f"Basic {SECRET}"),
    ("https://0123456789abcdef@o1.ingest.sentry.io/7", f"https://{SECRET}@o1.ingest.sentry.io/7"),
    ("postgres://ana:senha@db/desk", f"postgres://{SECRET}@db/desk"),
    ("https://x.example/a?key=s3cr3t&n=1", f"https://x.example/a?key={SECRET}&n=1"),
    ("https://x.example/a?n=1&access_token=s3cr3t", f"https://x.example/a?n=1&access_token={SECRET}"),
    ("api_key='abcd' rest", f"api_key='{SECRET}' rest"),
    ('{"password": "hunter22"}', f'{{"password": "{SECRET}"}}'),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", SECRET),
    ("ghp_abcdefghijklmnop0123", SECRET),
]  # fmt: skip

PEOPLE = [
    ("write to ana.souza+x@casa.com.br now", f"write to {EMAIL} now"),
    ("joão@exemplo.pt", EMAIL),
    ("?to=ana%40casa.com", f"?to={EMAIL}"),
    ("call +55 (11) 98765-4321 today", f"call {NUMBER} today"),
    ("11 98765-4321", NUMBER),
    ("(11)98765\u20114321", NUMBER),
    ("98765-4321", NUMBER),
    ("555-123-4567 or 555-1234", f"{NUMBER} or {NUMBER}"),
    ("CPF 123.456.789-09, cpf12345678909", f"CPF {NUMBER}, cpf{NUMBER}"),
    ("CNPJ 12.345.678/0001-90", f"CNPJ {NUMBER}"),
    ("CNPJ 12.ABC.345/01DE-35", f"CNPJ {NUMBER}"),
    ("SSN 123-45-6789", f"SSN {NUMBER}"),
    ("4111 1111 1111 1111", NUMBER),
    ("4111\u00a01111\u00a01111\u00a01111", NUMBER),
    ("pedido 20261123", f"pedido {NUMBER}"),
    ("٠١٢٣٤٥٦٧٨٩", NUMBER),
    ("０１２３４５６７８９", NUMBER),
    ("telegram:987654321", f"telegram:{NUMBER}"),
    ("tel:+5511987654321", f"tel:{NUMBER}"),
]

KEPT = [
    "2026-11-23T17:45:52.123456Z",
    "2026-11-23 17:45:52+00:00",
    "2026-11-23",
    "gpt-6-luna",
    "gpt-4o-2024-08-06",
    "claude-haiku-5-5-20251001",
    "claude-haiku-5-5",
    "nd_123456789012",
    "3.54.0",
    "web:3f2a9c0d1e2f4a5b6c7d8e9f0a1b2c3d",  # a visitor's chat: random, and its cookie is signed
    "550e8400-e29b-41d4-a716-446655440000",
    "req_011CSHoEeqs5C35K2cqBqxqC",
    "127.0.0.1:54321",
    "/api/messages",
    "turn_settled",
    "opening_hours",
    "cannot write: SQLITE_FULL",
    "aberto das 09:00-18:00",
    "R$ 1.234,56",
    "bearer of news",
    "-1001234567890",  # a group, in the log's line that tells an admin of it
    "3000000",
    "",
]


@pytest.mark.parametrize(("text", "clean"), SECRETS + PEOPLE)
def test_a_secret_or_a_personal_number_gives_way_to_its_sign(text, clean):
    assert redact(text) == clean


@pytest.mark.parametrize("text", KEPT)
def test_what_a_log_is_read_for_stays(text):
    assert redact(text) == text


def test_ids_of_traces_stay_whatever_their_digits():
    for n in range(500):
        made = uuid.uuid5(uuid.NAMESPACE_URL, str(n))
        assert redact(f"id {made}") == f"id {made}"
        assert redact(made.hex) == made.hex


@given(st.text())
def test_once_is_enough(text):
    assert redact(redact(text)) == redact(text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_token_is_found_whatever_stands_around_it(before, after):
    secret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
    assert secret not in redact(f"{before} bot123456789:{secret} {after}")


@pytest.mark.parametrize(
    "unit",
    ["1", "a", "a.", "1 ", "1-", "+(", "a-", "a-1", "f1", "bot1", "token ", "eyJ", "http://", "a@",
     "a1-", "2026-11-", "sk-", "é", "-20", "?key=", "Bearer ", "0.", "nd_"],
)  # fmt: skip
def test_twice_the_text_takes_about_twice_the_time(unit):
    def took(text: str) -> float:
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    whole = unit * (3_000 // len(unit))
    small = min(took(whole) for _ in range(2))
    large = min(took(whole * 4) for _ in range(2))
    assert large < 9 * small + 0.01


def test_whatever_has_parts_is_walked_names_too():
    given = {
        "ana@casa.com": ["+5511987654321", ("sk-abcdefgh", {"deep": {"bot1:x"}})],
        "api_key": "plain",
        "tokens": 17,
        "token": "",
        "n": 12_345_678_901,
        "chat": -1_001_234_567_890,
        "seconds": 1.5,
        "ok": True,
        "nothing": None,
    }
    assert redacted(given) == {
        EMAIL: [NUMBER, (SECRET, {"deep": [f"bot{TOKEN}"]})],
        "api_key": SECRET,
        "tokens": 17,
        "token": "",
        "n": NUMBER,
        "chat": -1_001_234_567_890,
        "seconds": 1.5,
        "ok": True,
        "nothing": None,
    }


def test_what_is_no_plain_value_is_named_by_its_type():
    assert redacted([ValueError("ana@casa.com"), b"ana"]) == ["[ValueError]", "[bytes]"]


def test_a_bottomless_value_ends():
    bottomless: list[object] = []
    bottomless.append(bottomless)
    assert str(redacted(bottomless)).count("[") == DEEPEST + 1
