// What the desk says, as it says it: one event stream that outlives restarts of the server.

const FIRST_WAIT = 400; // ms
const LONGEST_WAIT = 15_000; // ms

// Half as long again at most, at random, so that a restarted server is not met by everyone at once.
export function backOff(attempt) {
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
  return wait * (0.75 + Math.random() * 0.5);
}

// Calls on.message(data), on.ready(), on.typing(bool), on.erased(), on.live(bool).
// Every loss is answered here rather than by the browser: browsers differ in when they give up, and
// `after` lets a new stream begin where the old one broke off.
export function openStream(url, on) {
  let source = null;
  let timer = null;
  let attempt = 0;
  let last = "";

  function connect() {
    clearTimeout(timer);
    timer = null;
    source?.close();
    const mine = new EventSource(last ? `${url}?after=${encodeURIComponent(last)}` : url);
    source = mine;
    const hear = (name, handle) =>
      mine.addEventListener(name, (event) => {
        if (mine !== source) return;
        attempt = 0; // only a stream that speaks counts as healthy
        handle(event);
      });
    hear("message", (event) => {
      const message = JSON.parse(event.data);
      on.message(message);
      last = event.lastEventId || String(message.id);
    });
    hear("ready", () => on.ready());
    hear("typing", (event) => on.typing(Boolean(JSON.parse(event.data).on)));
    hear("erased", () => {
      last = ""; // nothing before this moment exists any more
      on.erased();
    });
    mine.onopen = () => mine === source && on.live(true);
    mine.onerror = () => {
      if (mine !== source) return;
      mine.close();
      source = null;
      on.live(false);
      timer = setTimeout(connect, backOff(attempt));
      attempt += 1;
    };
  }

  connect();
  return {
    // The network is back, or the customer looks at the page again: do not wait any longer.
    nudge() {
      if (!source) connect();
    },
  };
}
