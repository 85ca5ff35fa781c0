// What the customer says, until the desk has acknowledged it: kept across a reload, sent in order,
// and repeated under the same id, so that the desk can tell a repetition from a second message.

import { backOff } from "./stream.js";

const SHELF = "nightdesk.unsent";
const RELOADED = "nightdesk.reloaded";
const PATIENCE = 20_000; // ms for one attempt

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function restore() {
  try {
    const items = JSON.parse(sessionStorage.getItem(SHELF) || "[]");
    return Array.isArray(items) ? items.filter((item) => item?.id && item?.text) : [];
  } catch {
    return []; // storage is forbidden, or holds something that is not ours
  }
}

function keep(items) {
  try {
    sessionStorage.setItem(SHELF, JSON.stringify(items));
  } catch {
    // storage is full or forbidden: this visit still sends, only a reload would lose the message
  }
}

// At most once a minute, for a browser that takes no cookies at all would reload for ever.
function mayReload() {
  try {
    const before = Number(sessionStorage.getItem(RELOADED));
    sessionStorage.setItem(RELOADED, String(Date.now()));
    return Date.now() - before > 60_000;
  } catch {
    return false;
  }
}

// One attempt: "sent", "refused" (the desk will never take it), or "later".
async function attemptTo(url, { id, text, button }) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), PATIENCE);
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(button ? { id, text, button } : { id, text }),
      signal: control.signal,
    });
    if (answer.ok) return "sent";
    if (answer.status === 401 && mayReload()) {
      location.reload(); // the cookie was lost: the page comes with a new one, and unsent is kept
      return "later";
    }
    return answer.status >= 400 && answer.status < 500 ? "refused" : "later";
  } catch {
    return "later"; // no network, or no answer in time
  } finally {
    clearTimeout(timer);
  }
}

// Calls on.sent(id) and on.refused(id). Items are {id, text, button?, at (ms)}.
export function openOutbox(url, on) {
  const queue = restore();
  let busy = false;
  let wake = null;

  const rest = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function work() {
    if (busy) return;
    busy = true;
    for (let attempt = 0; queue.length; ) {
      const item = queue[0];
      const outcome = await attemptTo(url, item);
      if (outcome === "later") {
        await rest(backOff(attempt));
        attempt += 1;
        continue;
      }
      attempt = 0;
      queue.shift();
      keep(queue);
      on[outcome](item.id);
    }
    busy = false;
  }

  return {
    unsent: () => [...queue],
    add(item) {
      queue.push(item);
      keep(queue);
      work();
    },
    resume: work,
    nudge: () => wake?.(),
  };
}
