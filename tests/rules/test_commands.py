"""Commands and requests for a person, in any wording and never by mistake."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.book import Book
from bot.rules.commands import Command, language_code, recognise
from bot.words.load import load_book
from tests.words.books import TEMPLATES, book

BOOK = load_book(TEMPLATES, ("pt", "en", "es"), "pt", "America/Sao_Paulo")
HUMAN = Command("human")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/start", Command("start")), ("/HELP", Command("help")), (" /human ", HUMAN),
        ("/human@nightdesk_bot", HUMAN), ("/Human@bot agora", HUMAN), ("/ajuda", Command("help")),
        ("/forget", Command("forget")), ("/language", Command("language")),
        ("/language inglês", Command("language", "en")),
        ("/language es", Command("language", "es")),
        ("/language klingon", Command("language", "klingon")),
        ("/nope x", Command("unknown", "nope")),
        ("ajuda", Command("help")),
        ("HELP!", Command("help")), ("ayuda por favor", Command("help")),
        ("menú", Command("help")), ("idioma", Command("language")),
        ("idioma inglês", Command("language", "en")), ("português", Command("language", "pt")),
        ("in English please", Command("language", "en")),
        ("habla español", Command("language", "es")),
        ("me esqueça", Command("forget")), ("delete my data", Command("forget")),
        ("começar", Command("start")), ("olvídame", Command("forget")),
    ],
)  # fmt: skip
def test_commands_and_their_plain_word_twins(text: str, command: Command) -> None:
    assert recognise(text, BOOK) == command


ASKING = """quero falar com um atendente|me passa pra um humano|atendente|um humano por favor
isso é um robô? quero gente de verdade|tem alguém aí?|alguém pode me atender?|chama o gerente
queria falar com uma pessoa, por favor|não quero falar com robô|chega de robô
quero flar com atendnte
não consigo falar com ninguém, quero um atendente|pode me transferir para um atendente?
como faço pra falar com uma pessoa|dá pra falar com alguém?|preciso que alguém me atenda
prefiro falar com um humano|cadê o atendente?|quero ser atendida por uma pessoa|pessoa real
can I speak to a real person please|I want to talk to someone|is there a human I can talk to?
connect me with an agent|get me a manager|customer service please|transfer me|is anyone there?
I don't want to talk to a machine, give me a human|i wnat to speak to a humna|live agent
can someone help me please|I'd rather deal with a human|Can I have a human please
how do I reach a human?|escalate this to a manager|i need help from a human|stop this bot
I'm sick of this bot|a person, please|speak to an agnet|I don't want an AI
pásame con una persona|quiero hablar con un asesor|comunícame con un agente|hay alguien ahí
no quiero hablar con un bot|quisiera que me atienda una persona|puedo hablar con una persona real?
¿me podrían comunicar con alguien de la tienda?|necesito que me atienda un humano
cómo hablo con una persona|prefiero tratar con una persona|agente por favor|estoy harto del bot
quero falar com vocês|thiss is useless get me someone"""


@pytest.mark.parametrize("text", [t for line in ASKING.splitlines() for t in line.split("|")])
def test_a_person_can_be_asked_for_in_any_wording(text: str) -> None:
    assert recognise(text, BOOK) == HUMAN


NOT_ASKING = """the delivery person was rude|I spoke with an agent yesterday about my refund
is there anyone who can receive my parcel|posso receber em nome de outra pessoa?|where is my order
falei com um atendente ontem|hablé con un asesor ayer|I don't want to talk to a human
não quero falar com atendente|no quiero hablar con una persona|are you human?|você é um robô?
ya llamé a atención al cliente
could you contact somebody who lives there|o atendente foi grosso
can another person pick up my order|puede recibirlo otra persona?
I was talking to an agent and the chat dropped|I talk to people all day at work
precisa ter alguém em casa?|tiene que haber alguien en casa?|can someone sign for it
someone stole my parcel|quero um presente para uma pessoa especial|I need a table for four people
não quero mais o robô aspirador|I don't want the robot vacuum|the robot I bought is broken
is someone home|como chego aí?|você pode me ajudar?|I have someone waiting at home
I need someone to receive it|quero a pessoa que recebeu meu pedido|I hate this robot vacuum
um bot é alguém|they talk to an agent|I want another person to get it|help with my order"""


@pytest.mark.parametrize("text", [t for line in NOT_ASKING.splitlines() for t in line.split("|")])
def test_talk_about_people_is_no_request(text: str) -> None:
    assert recognise(text, BOOK) is None


def test_a_request_at_the_end_of_a_long_message_is_heard() -> None:
    assert recognise("meu pedido não chegou. " * 60 + "quero falar com um atendente", BOOK) == HUMAN


def test_languages_are_known_by_their_names() -> None:
    assert language_code("Inglês", BOOK) == "en"
    assert language_code("klingon", BOOK) is None


@given(st.text(max_size=300))
def test_recognise_never_raises(text: str) -> None:
    recognise(text, BOOK)


@given(st.lists(st.sampled_from(["quero", "falar", "com", "pessoa", "bot", "is", "any", "not", "a",
                                 "enough", "of", "can", "someone", "help", "?", "/",
                                 "human"])))  # fmt: skip
def test_recognise_never_raises_on_any_order_of_its_own_words(words: list[str]) -> None:
    recognise(" ".join(words), BOOK)


def test_recognising_is_quick() -> None:
    texts = [
        "quero saber quando chega a minha encomenda por favor",
        "where is my parcel, it is late",
    ]
    best = min(_seconds(texts, BOOK) for _ in range(5))
    assert best < 300e-6  # a tenth of a millisecond and room for a busy machine


def _seconds(texts: list[str], of: Book) -> float:
    start = time.perf_counter()
    for _ in range(50):
        for text in texts:
            recognise(text, of)
    return (time.perf_counter() - start) / (50 * len(texts))


def test_a_book_without_words_still_knows_slashes_and_people() -> None:
    empty = book()
    assert recognise("/help", empty) == Command("help")
    assert recognise("I want to talk to a person", empty) == HUMAN
