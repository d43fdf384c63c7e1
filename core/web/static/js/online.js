// The state of the network by a heartbeat: `navigator.onLine` stays true on a dead link.
const sign = document.querySelector("[data-pulse]");
const EVERY = 30_000;
const LIMIT = 8_000;
let timer;

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

if (sign) {
  for (const name of ["online", "offline"]) addEventListener(name, beat);
  document.addEventListener("visibilitychange", beat);
  timer = setTimeout(beat, 2_000);
}
