// The words of the page's own controls. What the business says, on this page too, stands in
// templates/ and comes with the page.

const WORDS = {
  en: {
    reconnecting: "reconnecting…",
    sending: "Sending…",
    refused: "This message could not be sent.",
    retry: "Try again",
    typing: "Typing an answer",
    placeholder: "Write a message",
    fresh: "New messages",
    conversation: "Conversation",
    choices: "Quick replies",
    left: (count) => `Characters left: ${count}`,
    over: (count) => `Characters over the limit: ${count}`,
    you: "You",
    bot: "Bot",
    staff: "Person from the team",
    today: "Today",
    yesterday: "Yesterday",
    greetings: ["Good morning", "Good afternoon", "Good evening"],
    spoken: (languages) => `We speak ${languages}.`,
  },
  pt: {
    reconnecting: "reconectando…",
    sending: "Enviando…",
    refused: "Não deu para enviar esta mensagem.",
    retry: "Tentar de novo",
    typing: "Escrevendo uma resposta",
    placeholder: "Escreva uma mensagem",
    fresh: "Novas mensagens",
    conversation: "Conversa",
    choices: "Respostas rápidas",
    left: (count) => `Caracteres restantes: ${count}`,
    over: (count) => `Caracteres a mais: ${count}`,
    you: "Você",
    bot: "Bot",
    staff: "Pessoa da equipe",
    today: "Hoje",
    yesterday: "Ontem",
    greetings: ["Bom dia", "Boa tarde", "Boa noite"],
    spoken: (languages) => `Falamos ${languages}.`,
  },
  es: {
    reconnecting: "reconectando…",
    sending: "Enviando…",
    refused: "No se pudo enviar este mensaje.",
    retry: "Intentar de nuevo",
    typing: "Escribiendo una respuesta",
    placeholder: "Escribe un mensaje",
    fresh: "Mensajes nuevos",
    conversation: "Conversación",
    choices: "Respuestas rápidas",
    left: (count) => `Caracteres restantes: ${count}`,
    over: (count) => `Caracteres de más: ${count}`,
    you: "Tú",
    bot: "Bot",
    staff: "Persona del equipo",
    today: "Hoy",
    yesterday: "Ayer",
    greetings: ["Buenos días", "Buenas tardes", "Buenas noches"],
    spoken: (languages) => `Hablamos ${languages}.`,
  },
};

const wanted = [...(navigator.languages || []), navigator.language || "en"];
const locale = wanted.find((tag) => tag.slice(0, 2).toLowerCase() in WORDS) || "en";

export const language = locale.slice(0, 2).toLowerCase();
const said = JSON.parse(document.body.dataset.said);
export const words = { ...WORDS[language], ...(said[language] ?? Object.values(said)[0]) };

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat(locale, { dateStyle: "long" });

export const hourOf = (date) => clock.format(date);

// "Today", "Yesterday", "Tuesday, 4 March", and with the year once it is another one.
export function dayOf(date, now = new Date()) {
  if (date.toDateString() === now.toDateString()) return words.today;
  const before = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === before.toDateString()) return words.yesterday;
  const text = (date.getFullYear() === now.getFullYear() ? day : dayAndYear).format(date);
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}

export function greeting(now = new Date()) {
  const hour = now.getHours();
  if (hour >= 5 && hour < 12) return words.greetings[0];
  return hour >= 12 && hour < 18 ? words.greetings[1] : words.greetings[2];
}

// "We speak Portuguese, English and Spanish.", or nothing where one language needs no word.
export function spoken(codes) {
  if (codes.length < 2) return "";
  try {
    const names = new Intl.DisplayNames([locale], { type: "language" });
    return words.spoken(new Intl.ListFormat(locale).format(codes.map((code) => names.of(code))));
  } catch {
    return ""; // an old browser, or a code that it does not know
  }
}
