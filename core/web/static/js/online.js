// The state of the network by a heartbeat: `navigator.onLine` stays true on a dead link.
import { say, toast } from "./dom.js";

const sign = document.querySelector("[data-pulse]");
const EVERY = 30_000;
const LIMIT = 8_000;
let timer;
const off = () => sign?.dataset.state === "off" || navigator.onLine === false;

async function beat() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), LIMIT);
  try {
    const answer = await fetch(sign.dataset.pulse, { cache: "no-store", signal: stop.signal });
    show(answer.status < 500);
  } catch {
    show(false);
  }
  clearTimeout(late);
  timer = setTimeout(beat, EVERY);
}

function show(online) {
  const state = online ? "on" : "off";
  if (sign.dataset.state !== state) sign.dataset.state = state;
}

/** Nothing leaves the page while the server is out of reach: what was typed stays there, and is sent when it is back. */
document.addEventListener("submit", async (event) => {
  if (!sign || !off()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { target, submitter } = event;
  await beat();
  if (off()) toast(say("unsent"));
  else target.requestSubmit(submitter);
}, { capture: true });

// Parts of a page that htmx asks for and does not get.
document.addEventListener("htmx:response:error", ({ detail }) => {
  if (detail.ctx.response.status === 401) document.dispatchEvent(new Event("session-over"));
  else toast(say("unreachable"));
});
document.addEventListener("htmx:error", () => toast(say("unreachable")));

if (sign) {
  for (const name of ["online", "offline"]) addEventListener(name, beat);
  document.addEventListener("visibilitychange", beat);
  timer = setTimeout(beat, 2_000);
}
