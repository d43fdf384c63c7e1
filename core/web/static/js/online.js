// The state of the network by a heartbeat: `navigator.onLine` stays true on a dead link.
import { all, momentOf, now, say, toast, written } from "./dom.js";
import { isOpen, person, touch } from "./people.js";
import { askKeys, dropDead, forget, isFull, keepForLater, prepared, room, state, user } from "./queue.js";

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
    const keys = await askKeys();
    const answer = await fetch(`${sign.dataset.pulse}${keys && `?${keys}`}`, { cache: "no-store", signal: stop.signal });
    const ours = answer.status < 500 && answer.headers.has("X-Request-Id");  // a proxy or the page of a network is not the server
    show(ours);
    if (keys && ours && answer.ok) await dropDead((await answer.json()).dead ?? []);
  } catch {
    show(false);
  }
  clearTimeout(late);
  timer = setTimeout(beat, EVERY);
}

function show(online) {
  const state = online ? "on" : "off";
  if (sign.dataset.state !== state) sign.dataset.state = state;
  if (online) document.dispatchEvent(new Event("server-there"));
}

/** Nothing leaves the page while the server is out of reach: what was typed stays there, and is sent when it is back. */
document.addEventListener("submit", async (event) => {
  const { target, submitter } = event;
  const may = ready && target.matches("[data-waits]");  // the sign may be half a minute old: a slip asks first
  const dated = copy && target.method === "post";
  if (!sign || "here" in target.dataset || target.dataset.asked || (!off() && !may && !dated)) return delete target.dataset.asked;
  event.preventDefault();
  event.stopImmediatePropagation();
  await beat();
  const leaves = target.matches("[data-sign-out]");
  const way = off() || !dated || await renewed(may);
  if (!way) return leaves && leave();
  if (!off() && way !== "wait") {
    target.dataset.asked = "1";
    target.requestSubmit(submitter);
  } else if (may) await wait(target, submitter);
  else if (leaves) await leave();
  else toast(say("unsent"));
}, { capture: true });

let ready = false;  // whether this device keeps pages for this person
prepared().then(async (is) => {
  ready = is;
  const left = ready && document.querySelector("main form[data-waits]") ? await room() : null;
  if (left?.little) warn(say("little", { size: say("megabytes", { n: written(Math.round(left.free / 2 ** 20)) }) }));
});

document.addEventListener("dropped", ({ detail }) => warn([say("dropped"), detail ? say("dropped-too", { n: detail }) : ""].join(" ")));

/** Say above a page what its person has to know before he goes on. */
function warn(text) {
  const box = Object.assign(document.createElement("p"), { className: "message tone-warn", textContent: text });
  box.setAttribute("role", "status");
  document.querySelector("main").prepend(box);
}

/** Whether the forms of a copy may be sent: it bears the mark against forgery of the day on which it was kept. Where the server
 * does not say who is signed in, a form that may wait does. */
async function renewed(may) {
  const known = await state().catch(() => false);
  if (known === false) {
    if (may) show(false);
    else toast(say("unreachable"));
    return may;
  }
  if (String(known?.user) !== user && may && isOpen(await person(user))) return "wait";  // it leaves signed
  if (String(known?.user) !== user) { document.dispatchEvent(new Event("session-over")); return false; }
  for (const field of all("[name=csrf_token]")) field.value = known.token;
  return true;
}

/** Who leaves a device without the server takes his pages from it; what waits to be sent stays. The server ends his session
 * before it does anything else: the next who takes the device would go on in his name. */
async function leave() {
  document.cookie = `left=1; path=/; max-age=31536000; samesite=strict${location.protocol === "https:" ? "; secure" : ""}`;
  const box = Object.assign(document.createElement("p"), { className: "message tone-info", textContent: say("left") });
  await forget();
  document.body.replaceChildren(box);
}

/** Keep a form on this device, and show an empty one: the next slip may be written. */
async function wait(form, button) {
  try {
    await keepForLater(form, button);
    location.replace(location.pathname);  // whoever goes back does not find it filled in
  } catch (error) {  // what was typed stays on the page
    console.error(error);
    toast(say(error?.word ?? (isFull(error) ? "full" : "unsent")));
  }
}

// The answer to a form did not come: it waits, under its key, as its draft has it; files, and which button was pressed, are in no draft.
document.addEventListener("drafts-there", () => {
  const form = "unsent" in document.body.dataset && document.querySelector("main form[data-waits][data-again]");
  if (!form) return;  // only the answer was lost: the page says what was recorded
  if (form.querySelector("input[type=file], button[name]")) toast(say("unsent"));
  else wait(form);
});

// A page that came from this device says so, and since when.
const copy = document.body.dataset.keptAt;
if (copy) {
  const box = Object.assign(document.createElement("p"), { className: "message tone-info", textContent: say("from-device", { time: momentOf(Number(copy)) }) });
  box.setAttribute("role", "status");
  document.querySelector("main").prepend(box);
  const behind = Date.now() < Number(copy);  // the clock was set back since: it knows no day
  if (behind) box.append(` ${say("clock")}`);
  const day = (at) => momentOf(at, { day: "2-digit", month: "2-digit", year: "numeric" }, "fr");  // as forms write it
  const then = day(Number(document.body.dataset.now));  // a copy proposes the day on which it was made
  for (const field of document.querySelectorAll("main [data-date=day]")) if (field.value === then) field.value = behind ? "" : day(now());
  if (sign) sign.dataset.state = "off";
}

/** Where this person has a PIN here: his hands keep the device open, and a copy is covered once it has shut. */
async function guard() {
  if (!await person(user)) return;
  let last = 0, covered = false;
  for (const name of ["keydown", "pointerdown"]) addEventListener(name, () => {
    if (Date.now() - last > 15_000) { last = Date.now(); if (!covered) touch(user); }
  }, { capture: true });
  const look = async () => {
    const one = await person(user);
    if (covered || isOpen(one)) return;
    covered = true;
    if (!one) return location.reload();
    await (await import(document.getElementById("pin-words").dataset.script)).ask(one, true);
    covered = false;
  };
  if (!copy) return;
  look();
  setInterval(look, 10_000);
  document.addEventListener("visibilitychange", look);
}
if (user) guard().catch((error) => console.error(error));

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
