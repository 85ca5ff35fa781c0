// The conversation on the page. Everything is built from text nodes: what a message says is never
// read as markup. A message has one place, however often and by whichever road it arrives.

import { dayOf, hourOf, words } from "./words.js";

const SAME_BREATH = 5 * 60 * 1000; // ms: messages this close share one heading
const PAIRS = { ")": "(", "]": "[", "}": "{" };
const LINK = /https:\/\/[^\s<>"'`]+/g;

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// Splits the address from the punctuation of the sentence around it; null for what is no address.
function address(found) {
  let text = found;
  for (let before = ""; before !== text; ) {
    before = text;
    text = text.replace(/[.,;:!?…»”’*_]+$/u, "");
    const pair = PAIRS[text.at(-1)]; // "(see https://lua.example/a(b))" closes one of its own
    if (pair && text.split(pair).length < text.split(text.at(-1)).length) text = text.slice(0, -1);
  }
  try {
    const url = new URL(text);
    // "https://bank.example@elsewhere.example" dresses one house up as another.
    return url.username || url.password ? null : { text, url };
  } catch {
    return null;
  }
}

function withLinks(text) {
  const parts = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const place = address(match[0]);
    if (!place) continue;
    parts.append(text.slice(end, match.index));
    const link = make("a", "", place.text);
    link.href = place.url.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    parts.append(link);
    end = match.index + place.text.length;
  }
  parts.append(text.slice(end));
  return parts;
}

function whoOf(message) {
  if (message.direction === "in") return "you";
  return message.author === "staff" ? "staff" : "bot";
}

// `say(text, button)` sends the label of a tapped button; `again(key)` repeats a refused message.
export function openLog(root, { say, again }) {
  let entries = []; // in the order shown
  const byId = new Map();
  const byKey = new Map();

  function build(who) {
    const element = make("article", "message");
    element.dataset.author = who;
    const entry = { element, who, id: "", key: "", text: null, labels: "", at: new Date() };
    if (who !== "you") {
      const mark = make("span", "mark");
      mark.append(document.getElementById(`mark-${who}`).content.cloneNode(true));
      element.append(mark);
    }
    const heading = make("p", "heading");
    entry.time = make("time");
    heading.append(make("span", "author", words[who]), " ", entry.time);
    entry.bubble = make("div", "bubble");
    entry.bubble.dir = "auto";
    element.append(heading, entry.bubble);
    return entry;
  }

  function fill(entry, message) {
    const text = String(message.text ?? "");
    if (entry.text !== text) {
      entry.text = text;
      entry.bubble.replaceChildren(entry.who === "you" ? text : withLinks(text));
    }
    entry.at = new Date(message.created_at);
    entry.time.dateTime = message.created_at;
    entry.time.textContent = hourOf(entry.at);
    entry.element.dataset.state = message.state || "";
    const labels = (message.buttons || []).map((button) => String(button.label));
    if (entry.labels !== JSON.stringify(labels)) {
      entry.labels = JSON.stringify(labels);
      choices(entry, labels);
    }
  }

  function choices(entry, labels) {
    entry.choices?.remove();
    entry.choices = null;
    if (!labels.length) return;
    entry.choices = make("div", "choices");
    entry.choices.setAttribute("role", "group");
    entry.choices.setAttribute("aria-label", words.choices);
    labels.forEach((label, index) => {
      const button = make("button", "choice", label);
      button.type = "button";
      button.dir = "auto";
      button.addEventListener("click", () => say(label, { message: entry.id, index }));
      entry.choices.append(button);
    });
    entry.bubble.after(entry.choices);
  }

  function note(entry, text, onAgain) {
    entry.note?.remove();
    entry.note = null;
    if (!text) return;
    entry.note = make("p", onAgain ? "note refused" : "note", text);
    if (onAgain) {
      const button = make("button", "again", words.retry);
      button.type = "button";
      button.addEventListener("click", onAgain);
      entry.note.append(button);
    }
    entry.element.append(entry.note);
  }

  // What the desk has not confirmed yet stays below what it has: its order is the one that counts.
  function place(entry) {
    const before = entries.indexOf(entry);
    if (before >= 0) entries.splice(before, 1);
    const open = entry.waiting ? -1 : entries.findIndex((other) => other.waiting);
    const index = open < 0 ? entries.length : open;
    entries.splice(index, 0, entry);
    if (index === before) return; // moving it would make a screen reader say it again
    const next = entries[index + 1];
    root.insertBefore(entry.element, next ? next.separator || next.element : null);
  }

  // Day separators, shared headings, and which quick replies are the live ones.
  function tidy() {
    let previous = null;
    const newest = [...entries].reverse().find((entry) => entry.who !== "you");
    for (const entry of entries) {
      const label = dayOf(entry.at);
      if (!previous || label !== dayOf(previous.at)) {
        entry.separator ??= make("p", "day");
        if (entry.separator.textContent !== label) entry.separator.textContent = label;
        if (entry.separator.nextSibling !== entry.element) entry.element.before(entry.separator);
      } else {
        entry.separator?.remove();
        entry.separator = null;
      }
      const follows =
        previous?.who === entry.who && !entry.separator && entry.at - previous.at < SAME_BREATH;
      entry.element.classList.toggle("follows", Boolean(follows));
      entry.element.classList.toggle("newest", entry === newest);
      previous = entry;
    }
  }

  function drop(entry) {
    entry.element.remove();
    entry.separator?.remove();
    byId.delete(entry.id);
    byKey.delete(entry.key);
  }

  return {
    tidy,
    isEmpty: () => entries.length === 0,

    // A message of the desk, or its echo of ours. True when it was not on the page before.
    receive(message) {
      const id = String(message.id);
      const key = message.direction === "in" ? message.key || "" : "";
      const known = byId.get(id) || (key && byKey.get(key)) || null;
      const entry = known || build(whoOf(message));
      entry.waiting = false;
      if (entry.id) byId.delete(entry.id);
      Object.assign(entry, { id, key: key || entry.key });
      byId.set(id, entry);
      if (entry.key) byKey.set(entry.key, entry);
      const wasOurs = known && !known.confirmed;
      entry.confirmed = true;
      fill(entry, message);
      note(entry, "");
      if (!known || wasOurs) place(entry);
      return !known;
    },

    // Our own message at once, before the desk knows of it.
    expect({ id: key, text, at }) {
      let entry = byKey.get(key);
      if (entry?.confirmed) return;
      if (!entry) {
        entry = build("you");
        entry.key = key;
        byKey.set(key, entry);
        fill(entry, { text, created_at: new Date(at).toISOString() });
      }
      entry.waiting = true;
      note(entry, words.sending);
      place(entry);
    },

    sent(key) {
      const entry = byKey.get(key);
      if (entry) note(entry, "");
    },

    refused(key) {
      const entry = byKey.get(key);
      if (!entry || entry.confirmed) return;
      entry.waiting = false; // it keeps its place, later messages go below it
      note(entry, words.refused, () => again(key));
    },

    // The chat was deleted. What the customer said since and the desk has not got yet remains.
    erase(unsent) {
      const kept = new Set(unsent.map((item) => item.id));
      const gone = entries.filter((entry) => !kept.has(entry.key));
      gone.forEach(drop);
      entries = entries.filter((entry) => kept.has(entry.key));
    },
  };
}
