"""A small book by hand, a builder for turns, and a staff surface that sees what it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from bot.book import (
    Answer,
    Book,
    ButtonSpec,
    FormSpec,
    Hours,
    Intent,
    Opening,
    Sentence,
    Slot,
)
from bot.model import (
    Action,
    Case,
    CaseStatus,
    ConversationKey,
    Incoming,
    Kind,
    KnownFacts,
    Limit,
    Media,
    Ownership,
    StaffAct,
    Turn,
)

CHAT = ConversationKey("web", "", "chat-1")
DESK = ConversationKey("desk", "", "ana")
MONDAY_10 = 1_795_438_800.0  # Monday 23 November 2026, 10:00 in Sao Paulo
SUNDAY_10 = MONDAY_10 - 86_400

TEXTS = {
    "welcome": ("Olá, sou o robô da {{ house.name }}.", "Hello, I am {{ house.name }}'s bot."),
    "help": ("Peça /human a qualquer hora.", "Ask /human at any time."),
    "unknown_command": ("Não conheço esse comando.", "I do not know that command."),
    "language_ask": ("Qual idioma?", "Which language?"),
    "language_set": ("Falo {{ language }} agora.", "I speak {{ language }} now."),
    "language_unknown": ("Não falo esse idioma.", "I do not speak that."),
    "forget_ask": ("Apagar tudo?", "Delete everything?"),
    "forget_done": ("Apagado.", "Deleted."),
    "forget_kept": ("Nada foi apagado.", "Nothing was deleted."),
    "limited": ("Volte em {{ minutes }} min.", "Come back in {{ minutes }} min."),
    "queue_full": ("{{ messages }} esperam.", "{{ messages }} are waiting."),
    "slow": ("Estamos lentos.", "We are slow."),
    "unknown_offer": ("Não sei. Chamo alguém?", "I do not know. Shall I call somebody?"),
    "human_declined": ("Tudo bem.", "All right."),
    "human_coming": ("Alguém já vem.", "Somebody is coming."),
    "human_kept_closed": ("Guardado. Abrimos {{ opens }}.", "Kept. We open {{ opens }}."),
    "human_kept_open": ("Guardado.", "Kept."),
    "human_kept": ("Guardado, sem horário.", "Kept, no hours."),
    "human_already": ("Já está com a equipe.", "The team has it already."),
    "resolved": ("Caso resolvido.", "All done."),
    "dead": ("Algo deu errado aqui.", "Something went wrong here."),
    "form_given_up": ("Melhor uma pessoa ver.", "A person had better look."),
    "media_unsupported": ("Não leio {{ kind }}.", "I cannot read {{ kind }}."),
    "kind_voice": ("áudio", "voice notes"),
    "kind_other": ("isso", "this"),
    "staff_no_case": ("Caso {{ case }} não está aberto.", "Case {{ case }} is not open."),
    "staff_empty_reply": ("Resposta vazia.", "The reply was empty."),
    "group_private": ("Me chame no privado.", "Write to me in private."),
    "staff_help": ("Responda a uma mensagem.", "Reply to a message."),
    "staff_not_a_reply": ("Ficou aqui.", "It stayed here."),
    "staff_anonymous": ("Quem é você?", "Who are you?"),
    "staff_stranger": ("Seu número: {{ id }}.", "Your number: {{ id }}."),
    "staff_media": ("Só texto.", "Text only."),
    "staff_edited": ("Edição não vai.", "Edits stay here."),
    "staff_unknown_command": ("Que comando?", "Which command?"),
    "staff_claimed": ("É seu: {{ case }}.", "Yours: {{ case }}."),
    "staff_released": ("O robô voltou: {{ case }}.", "The bot is back: {{ case }}."),
    "staff_resolved": ("Encerrado: {{ case }}.", "Closed: {{ case }}."),
    "staff_noted": ("Anotado.", "Noted."),
    "staff_no_template": ("Sem modelo: {{ case }}.", "No template: {{ case }}."),
    "staff_template_sent": ("Pedi que escreva: {{ case }}.", "Asked to write: {{ case }}."),
    "template_sent": ("[pedimos que escreva]", "[we asked you to write]"),
    "template_customer": ("cliente", "customer"),
    "staff_customer_edited": ("Agora diz:", "Now it says:"),
    "staff_customer_erased": ("Apagou a conversa.", "Deleted the chat."),
    "card_bot": ("robô", "bot"),
    "card_team": ("equipe", "team"),
    "card_note": ("nota", "note"),
    "card_public": ("grupo", "group"),
    "card_collected": ("Informou:", "Told:"),
    "card_hint": ("Responda aqui.", "Reply here."),
    "card_window": ("Até {{ until }}", "Until {{ until }}"),
    "card_window_closed": ("Só /template", "Only /template"),
    "card_asked": ("Pediu alguém", "Asked for somebody"),
    "card_no_answer": ("Sem resposta", "No answer"),
    "card_form": ("Formulário", "Form"),
    "card_form_given_up": ("Não entendi", "Not understood"),
    "card_topic": ("Assunto", "Topic"),
    "card_dead": ("Falhamos", "We failed"),
    "card_model": ("A IA pediu alguém", "The model asked for somebody"),
    "card_models_down": ("Nenhuma IA", "No model"),
    "card_unconfirmed": ("Sem fonte", "Not borne out"),
    "check_amount": ("valor", "amount"),
    "check_identifier": ("número", "number"),
    "check_email": ("e-mail", "e-mail"),
    "check_other": ("outro", "other"),
    "card_draft": ("a IA diria, não enviado", "a model would have said, not sent"),
    "card_photo": ("foto", "photo"),
    "card_document": ("arquivo", "file"),
    "card_location": ("local", "place"),
    "card_other": ("anexo", "attachment"),
    "staff_failed": ("Tente de novo.", "Please do that again."),
    "button_human": ("Falar com alguém", "A person"),
    "button_yes": ("Sim", "Yes"),
    "button_no": ("Não", "No"),
}


def both(name: str, pt: str, en: str) -> Sentence:
    return Sentence(name, {"pt": (pt,), "en": (en,)})


MENU = (
    ButtonSpec(both("menu.1", "Horário", "Hours"), "qual o horário"),
    ButtonSpec(both("menu.2", "Meu pedido", "My order"), "onde está meu pedido"),
    ButtonSpec(both("menu.3", "Pessoa", "Person"), "/human"),
)

INTENTS = (
    Intent(
        "hours",
        {"pt": ("qual o horário",), "en": ("opening hours",)},
        reply=both("rules.hours.reply", "Das 9 às 18, {{ house.city }}.", "Nine to six."),
        buttons=MENU[1:2],
    ),
    Intent("smalltalk", {"pt": ("tudo bem",)}),
    Intent(
        "pix",
        {"pt": ("qual a chave pix",)},
        reply=both("rules.pix.reply", "A chave está no boleto.", "On the bill."),
        answer=Answer.ALWAYS,
    ),
    Intent(
        "complaint",
        {"pt": ("quero reclamar",)},
        reply=both("rules.complaint.reply", "Sinto muito.", "I am sorry."),
        hand_off=True,
    ),
    Intent("lawyer", {"pt": ("meu advogado",)}, hand_off=True),
    Intent("order", {"pt": ("onde está meu pedido", "rastrear pedido")}, form="order"),
    Intent("return", {"pt": ("quero devolver",)}, form="return"),
    Intent(
        "balance",
        {"pt": ("qual meu saldo",)},
        reply=both("rules.balance.reply", "Seu saldo: {{ balance }}.", "It is {{ balance }}."),
    ),
    Intent(
        "broken",
        {"pt": ("frase quebrada",)},
        reply=both("rules.broken.reply", "Falta }} algo.", "Something }} is left."),
    ),
    Intent("stuck", {"pt": ("formulário quebrado",)}, form="stuck"),
    Intent("exchange", {"pt": ("quero trocar",)}, form="exchange"),
    Intent("silent", {"pt": ("formulário mudo",)}, form="silent"),
)

FORMS = {
    "order": FormSpec(
        "order",
        (
            Slot(
                "order_number",
                r"\d{5}",
                both("forms.order.order_number.ask", "Qual o número?", "Which number?"),
                both("forms.order.order_number.invalid", "São 5 dígitos.", "Five digits."),
            ),
        ),
        done=both(
            "forms.order.done", "O pedido {{ order_number }} saiu.", "{{ order_number }} left."
        ),
    ),
    "return": FormSpec(
        "return",
        (
            Slot(
                "order_number",
                r"\d{5}",
                both("forms.return.order_number.ask", "Qual pedido?", "Which order?"),
                both("forms.return.order_number.invalid", "São 5 dígitos.", "Five digits."),
            ),
            Slot(
                "why",
                r".+",
                both("forms.return.why.ask", "Por quê?", "Why?"),
                both("forms.return.why.invalid", "Conte o motivo.", "Tell me why."),
            ),
        ),
        done=both("forms.return.done", "Anotado: {{ why }}.", "Noted: {{ why }}."),
        hand_off=True,
    ),
    "stuck": FormSpec(
        "stuck",
        (
            Slot(
                "code",
                r"[A-Z]{3}\d",
                both("forms.stuck.code.ask", "Código }} ?", "Code }} ?"),
                both("forms.stuck.code.invalid", "Código }} !", "Code }} !"),
            ),
        ),
        done=both("forms.stuck.done", "Pronto }} .", "Done }} ."),
    ),
    "exchange": FormSpec(
        "exchange",
        tuple(
            Slot(
                name,
                r"\d{5}",
                both(f"forms.exchange.{name}.ask", f"Qual {name}?", f"Which {name}?"),
                both(f"forms.exchange.{name}.invalid", "São 5 dígitos.", "Five digits."),
            )
            for name in ("old_order", "new_order")
        ),
        done=both("forms.exchange.done", "Trocado.", "Exchanged."),
    ),
    "silent": FormSpec(
        "silent",
        (
            Slot(
                "colour",
                r"azul|verde",
                both("forms.silent.colour.ask", "Que cor?", "Which colour?"),
                both("forms.silent.colour.invalid", "Azul ou verde.", "Blue or green."),
            ),
        ),
        done=None,
        hand_off=True,
    ),
}

WEEK = {day: (Opening(time(9), time(12)), Opening(time(13), time(18))) for day in range(5)}

BOOK = Book(
    version="v1",
    languages=("pt", "en"),
    default_language="pt",
    texts={name: both(f"texts.{name}", *pair) for name, pair in TEXTS.items()},
    intents=INTENTS,
    forms=FORMS,
    commands={
        "start": {"pt": ("começar",)},
        "help": {"pt": ("ajuda",)},
        "human": {"pt": ("atendente",)},
        "language": {"pt": ("idioma",)},
        "forget": {"pt": ("apagar meus dados",)},
        "yes": {"pt": ("sim",), "en": ("yes",)},
        "no": {"pt": ("não",), "en": ("no",)},
    },
    requests={"pt": ("quero falar com uma pessoa",), "en": ("a person please",)},
    noise={"pt": ("ok", "obrigado", "valeu"), "en": ("thanks",)},
    hours=Hours("America/Sao_Paulo", WEEK, frozenset({date(2026, 12, 25)})),
    house={"name": "Padaria Sol", "city": "Recife"},
    menu=MENU,
    language_names={"pt": "Português", "en": "English"},
    threshold=0.6,
)

CASE = Case(7, CaseStatus.WAITING, "asked", MONDAY_10 - 60)


@dataclass(frozen=True)
class Desk:
    """A staff surface that is watched or is not."""

    seen: bool = True

    async def can_see(self, now: float) -> bool:
        return self.seen


def said(
    text: str,
    seq: int = 1,
    *,
    kind: Kind = Kind.TEXT,
    button: str = "",
    media: tuple[str, ...] = (),
) -> Incoming:
    return Incoming(
        id=f"m{seq}",
        conversation=CHAT,
        identity="customer-1",
        text=text,
        received_at=MONDAY_10 - 1,
        kind=Kind.BUTTON if button else kind,
        button=button,
        media=tuple(Media(name) for name in media),
        seq=seq,
    )


def act(action: Action, text: str = "", *, case: int | None = 7) -> StaffAct:
    return StaffAct("a1", case, "ana", action, text, surface=DESK)


def make_turn(*texts: str, **changes: Any) -> Turn:
    """A turn of plain text messages, a Monday morning in Portuguese; any field can be changed."""
    turn = Turn(
        id=1,
        conversation=CHAT,
        messages=tuple(said(text, seq) for seq, text in enumerate(texts, 1)),
        act=None,
        history=(),
        identity="customer-1",
        ownership=Ownership.BOT,
        case=None,
        tries=0,
        limit=Limit.PASS,
        form=None,
        book=BOOK,
        facts=KnownFacts(),
        language="pt",
        now=MONDAY_10,
        deadline=MONDAY_10 + 8,
        seed=0,
    )
    return replace(turn, **changes)
