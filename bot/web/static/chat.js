// The page itself: puts the stream, the outbox and the log together and looks after the box.

import { openLog } from "./log.js";
import { newId, openOutbox } from "./outbox.js";
import { openStream } from "./stream.js";
import { greeting, language, spoken, words } from "./words.js";

const LIMIT = 4096; // characters of one message
const COUNT_FROM = 3800; // where the counter appears
const NEAR = 64; // px from the end that still count as "reading the end"
const QUIET = 1200; // ms without a stream before the page mentions it
const STALE_TYPING = 60_000; // ms after which a typing sign without an end is not believed

const byId = (id) => document.getElementById(id);
const [scroller, pill, box, send, counter, hello, typing, logRoot] = [
  "scroller", "pill", "message", "send", "counter", "hello", "typing", "log",
].map(byId);

// --- words -----------------------------------------------------------------------------------

document.documentElement.lang = language;
byId("status-text").textContent = words.tagline;
byId("hello-title").textContent = greeting();
byId("hello-hint").textContent = words.hint;
byId("hello-languages").textContent = spoken((document.body.dataset.languages || "").split(" "));
box.placeholder = words.placeholder;
pill.textContent = words.fresh;
typing.setAttribute("aria-label", words.typing);
logRoot.setAttribute("aria-label", words.conversation);
scroller.setAttribute("role", "region");
scroller.setAttribute("aria-label", words.conversation);
byId("suggestions").append(
  ...words.suggestions.map((sentence) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "choice";
    chip.textContent = sentence;
    chip.addEventListener("click", () => {
      say(sentence);
      box.focus(); // the chip goes away: the keyboard must not be left on nothing
    });
    return chip;
  }),
);

// --- reading ---------------------------------------------------------------------------------

let atEnd = true;

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  atEnd = true;
  pill.hidden = true;
}

// After anything that changes heights: whoever reads the end stays there, nobody else is moved.
function settle() {
  if (atEnd) toEnd();
}

scroller.addEventListener("scroll", () => {
  atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  if (atEnd) pill.hidden = true;
});
new ResizeObserver(settle).observe(scroller);
pill.addEventListener("click", () => {
  toEnd();
  box.focus();
});

// The keyboard of an iPhone covers the page instead of shrinking it.
const view = window.visualViewport;
view?.addEventListener("resize", () => {
  if (view.scale > 1.01) return; // a pinch is no keyboard
  document.documentElement.style.setProperty("--height", `${view.height}px`);
  window.scrollTo(0, 0);
});

// --- the log ---------------------------------------------------------------------------------

const log = openLog(logRoot, { say, again });
const mine = new Map(); // id -> what this page sent, should the desk refuse it
let replaying = true;

function show() {
  log.tidy();
  hello.hidden = replaying || !log.isEmpty();
  settle();
}

function replayed() {
  if (!replaying) return;
  replaying = false;
  logRoot.removeAttribute("aria-busy");
  show();
}

let typingTimer = null;

function showTyping(on) {
  clearTimeout(typingTimer);
  typing.hidden = !on;
  if (on) typingTimer = setTimeout(() => showTyping(false), STALE_TYPING);
  settle();
}

// --- sending ---------------------------------------------------------------------------------

const outbox = openOutbox("/chat/messages", {
  sent(id) {
    mine.delete(id);
    log.sent(id);
  },
  refused(id) {
    log.refused(id);
    settle();
  },
});

function deliver(item) {
  replayed();
  mine.set(item.id, item);
  log.expect(item);
  outbox.add(item);
  atEnd = true;
  show();
}

function say(text, button) {
  deliver({ id: newId(), text, button, at: Date.now() });
}

// The desk wrote nothing when it refused, so the same id may be tried again.
function again(id) {
  deliver(mine.get(id));
  box.focus();
}

const lengthOf = (text) => [...text].length; // as people count, not in halves of an emoji

function measure() {
  const length = lengthOf(box.value);
  const left = LIMIT - length;
  send.disabled = left < 0 || !box.value.trim();
  counter.hidden = length < COUNT_FROM;
  counter.textContent = left < 0 ? words.over(-left) : words.left(left);
  counter.classList.toggle("over", left < 0);
  box.setAttribute("aria-invalid", String(left < 0));
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

box.addEventListener("input", measure);
box.addEventListener("keydown", (event) => {
  // While an input method composes a word, Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  byId("composer").requestSubmit();
});
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  box.focus(); // also keeps a phone's keyboard open
  if (send.disabled) return;
  say(box.value.trim());
  box.value = "";
  measure();
});

// --- hearing ---------------------------------------------------------------------------------

let lostTimer = null;

function showLive(live) {
  clearTimeout(lostTimer);
  const tell = () => {
    byId("status").dataset.live = live ? "yes" : "no";
    const text = live ? words.tagline : words.reconnecting;
    if (byId("status-text").textContent !== text) byId("status-text").textContent = text;
  };
  if (live) tell();
  else lostTimer = setTimeout(tell, QUIET);
}

outbox.unsent().forEach((item) => {
  mine.set(item.id, item);
  log.expect(item);
});
measure();
// With a mouse there is a keyboard at hand; on a phone the box would throw one up unasked.
if (matchMedia("(pointer: fine)").matches) box.focus();
outbox.resume();
setTimeout(replayed, 2500); // no stream, or one that never gets ready: the page is usable all the same

let lost = false;

const stream = openStream("/chat/events", {
  message(message) {
    const fresh = log.receive(message);
    if (message.direction === "out") showTyping(false);
    if (fresh && message.direction === "out" && !atEnd && !replaying) pill.hidden = false;
    if (!replaying) show();
    else settle();
  },
  ready: replayed,
  typing: showTyping,
  erased() {
    mine.clear();
    outbox.unsent().forEach((item) => mine.set(item.id, item));
    log.erase(outbox.unsent());
    pill.hidden = true;
    show();
  },
  live(live) {
    if (live && lost) outbox.nudge();
    if (!live) showTyping(false);
    if (live || !lost) showLive(live); // each failed attempt after the first is the same news
    lost = !live;
  },
});

const wakeUp = () => {
  if (document.visibilityState === "hidden") return;
  stream.nudge();
  outbox.nudge();
  if (!replaying) log.tidy(); // midnight may have passed: "today" is another day
};
window.addEventListener("online", wakeUp);
window.addEventListener("pageshow", wakeUp);
document.addEventListener("visibilitychange", wakeUp);
