// What is typed in form[data-draft] is kept on this device until the server says that it has it: by the key of the
// sending, and by nothing else. Other forms are kept for this tab from the moment they are sent.
// While somebody types, the session is kept alive; the server ends it all the same when its day is over.
import { all, momentOf, now, say, store } from "./dom.js";
import { rowFor } from "./lines.js";
import { addressOf, forget, fresh, mine as queued, rowRecorded } from "./queue.js";

const user = document.body.dataset.user;
const OTHERS = "main form[method=post]:not([data-draft])";
const forms = () => all(`form[data-draft], ${OTHERS}`).filter((form) => form.elements._key && fields(form).length);
const tab = {
  get(key) { try { return sessionStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(key, value); return true; } catch { return false; } },
  remove(key) { try { sessionStorage.removeItem(key); } catch { /* nothing was kept */ } },
  keys() { try { return Object.keys(sessionStorage); } catch { return []; } },
};
const mine = (key) => key.startsWith(`draft:${user}:`);
const placeOf = (form) => (form.dataset.draft || "row" in form.dataset ? store : tab);
/** What was opened from the queue is a draft of its own: that of a new slip has nothing to do with it. */
const opened = (form) => ("opened" in form.dataset ? `queue:${form.elements._key.value}` : form.dataset.draft);
const keyOf = (form) => `draft:${user}:${opened(form) ?? `${location.pathname}#${form.id || all(OTHERS).indexOf(form)}`}`;
const SECRET = new Set(["csrf_token", "_key", "_place", "_made"]);
const timers = new Map();  // of forms whose last figures are about to be kept
const touched = new WeakMap();  // names of the fields of a form in which somebody typed already
const clock = (at) => say("moment", { day: momentOf(at, { day: "2-digit", month: "2-digit" }),
  time: momentOf(at, { hour: "2-digit", minute: "2-digit" }) });
const squeezed = (text) => text.replace(/\s+/g, " ").trim();
const titleOfPage = () => squeezed(document.querySelector("h1")?.textContent ?? "");

const putOff = (form) => { clearTimeout(timers.get(form)); timers.delete(form); };

const fields = (form) => [...form.elements].filter((field) => field.name && !SECRET.has(field.name)
  && !("page" in field.dataset) && !["password", "file", "submit", "button", "fieldset"].includes(field.type));

const isChoice = (field) => field.type === "checkbox" || field.type === "radio";

/** [name, value, label] of every field; a choice only when it is made. */
const values = (form) => fields(form).filter((field) => !isChoice(field) || field.checked)
  .map((field) => [field.name, field.value, field.dataset.label ?? ""]);

const read = (place, key) => { try { return JSON.parse(place.get(key) ?? "null"); } catch { return null; } };

/** Keep a form; `sent` once it was sent under its key, since the server may have it although no answer came. What `waits` on
 * the device is sent as it was: what is typed over it is another sending. */
function keep(form, sending = false, waits = false) {
  const before = read(placeOf(form), keyOf(form)), typed = values(form);
  let takes = before?.takes;
  if (!sending && before?.waits && before.key === form.elements._key.value) {
    if (JSON.stringify(before.values) === JSON.stringify(typed)) return;
    form.elements._key.value = fresh();
    takes = before.key;
  }
  const [at, key, place] = [now(), form.elements._key.value, placeOf(form)];
  const sent = sending || Boolean(before?.sent && before.key === key);
  const offered = !sending && before?.offered;
  const kept = { at, key, sent, offered, waits, page: location.pathname + location.search, title: titleOfPage(), values: typed, takes };
  if ("row" in form.dataset) kept.action = addressOf(form);
  if (place.set(keyOf(form), JSON.stringify(kept))) {
    const note = form.querySelector("[data-draft-note]");
    if (note && place === store) note.textContent = say("saved", { time: clock(at) });
  }
}

function put(form, [name, value, label]) {
  const found = fields(form).filter((field) => field.name === name);
  const field = found.find((one) => isChoice(one) && one.value === value) ?? found[0] ?? rowFor(form, name);
  if (!field) return;
  if (isChoice(field)) { field.checked = field.value === value; return; }
  if (label) field.dataset.label = label;
  if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
    if (!("combo" in field.dataset)) return;  // what a list does not offer any more could not be sent
    field.add(new Option(label || value, value));
  }
  if (field.value !== value) for (let fold = field; (fold = fold.parentElement.closest("details"));) fold.open = true;
  field.value = value;
  if (field === document.activeElement) field.select?.();  // what is typed next takes its place, as it would have before
  field.dispatchEvent(new Event("restored", { bubbles: true }));
}

/** Whether a person chose or typed what the page does not show: what the page itself wrote (the values that it showed),
 * and fields that it did not have then, are no draft. */
function differs(form, kept) {
  const names = new Set(kept.map(([name]) => name));
  const byHand = (list) => JSON.stringify(list.filter(([name]) => {
    const field = fields(form).find((one) => one.name === name);
    return !field || field.dataset.combo || (field.type !== "hidden" && (isChoice(field) || names.has(name)));
  }));
  return byHand(kept) !== byHand(values(form));
}

function restore(form) {
  const kept = read(placeOf(form), keyOf(form));
  if (!kept || document.querySelector(".error-summary") || (!kept.sent && placeOf(form) === tab)) return;
  const typed = differs(form, kept.values);
  if (!kept.sent && !typed) return placeOf(form).remove(keyOf(form));
  form.elements._key.value = kept.key;  // it is that sending: a power cut may have taken the note that it was sent
  if (kept.sent) form.dataset.again = "1";
  if (!typed) return;
  const byHand = touched.get(form) ?? new Set();  // the server was long to answer: what is typed meanwhile stands
  for (const field of fields(form)) if (isChoice(field) && !byHand.has(field.name)) field.checked = false;
  for (const one of kept.values) if (!byHand.has(one[0])) put(form, one);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  if (kept.waits) form.before(notice(say("in-queue", { time: clock(kept.at) })));
  else tell(form, kept.at);
}

/** The notice that says since when, and offers to begin afresh. */
function tell(form, at) {
  const button = Object.assign(document.createElement("button"),
    { type: "button", className: "button", textContent: say("discard") });
  button.addEventListener("click", () => {
    putOff(form);
    placeOf(form).remove(keyOf(form));
    form.reset();
    location.reload();
  });
  form.before(notice(say("restored", { time: clock(at) }), " ", button));
}

function notice(...words) {
  const box = document.createElement("div");
  box.className = "message tone-info";
  box.setAttribute("role", "status");
  const text = document.createElement("p");
  text.append(...words);
  box.append(text);
  return box;
}

/** Say something at the top of a page that may have nothing to do with it. */
function tellAbove(box) {
  const head = document.querySelector("main .head");
  if (head) head.after(box);
  else document.querySelector("main").prepend(box);
}

const link = (href, textContent, className = "") => Object.assign(document.createElement("a"), { href, textContent, className });

/** The answer to a sending never came: say what it was, with the way to what was recorded. */
function tellRecorded(kept, answer) {
  const [before, after] = say("recorded", { time: clock(answer.at), title: kept.title }).split("{document}");
  const way = link(answer.url, answer.number || answer.message || say("see"));
  tellAbove(notice(before, way, after, ...(answer.told ?? []).map((words) => ` ${words}`)));
}

/** Nothing was recorded and nobody has said so yet: offer the form as it was sent, once. */
function offer({ place, key, kept }) {
  const answered = "failed" in document.body.dataset || document.querySelector("main .message.tone-danger");
  if (kept.offered || !kept.page) return;
  place.set(key, JSON.stringify({ ...kept, offered: true }));
  if (answered || forms().some((form) => keyOf(form) === key)) return;
  tellAbove(notice(say("unrecorded", { time: clock(kept.at), title: kept.title }), " ", link(kept.page, say("resume"), "button")));
}

/** Ask the queue and the server what they have of the sendings: their drafts are done with, and no others. Whoever got no
 * answer, or one that he has not seen, is told on whichever page comes next. One that nobody has noted as sent is asked
 * about, too: what a browser keeps of drafts may be older, after a power cut, than what the queue keeps. */
async function settle() {
  const waiting = new Set((await queued().catch(() => [])).map((item) => item.key));
  const found = [store, tab].flatMap((place) => place.keys().filter(mine).map((key) => ({ place, key, kept: read(place, key) })));
  const waits = ({ key, kept }) => waiting.has(kept?.key) && !kept.waits && !key.includes(":queue:");
  for (const { place, key } of found.filter(waits)) place.remove(key);
  const sent = found.filter((draft) => draft.kept?.key && !waits(draft));
  if (!sent.length) return;
  const { stored } = await alive(sent.map((draft) => draft.kept.key));
  if (!stored) return;
  const said = all(".message[data-saved]").map((box) => squeezed(box.textContent));
  for (const draft of sent) {
    const answer = stored[draft.kept.key];
    if (!answer) {
      if (draft.kept.waits && !waiting.has(draft.kept.key)) draft.place.remove(draft.key);  // it was discarded
      else if (draft.kept.sent && !draft.kept.waits) offer(draft);
      continue;
    }
    draft.place.remove(draft.key);
    if (draft.kept.action) await rowRecorded(draft.kept, answer.number || answer.message || draft.kept.title).catch(() => {});
    const seen = answer.message ? said.includes(squeezed(answer.message)) : location.pathname + location.search === answer.url;
    if (answer.url && !seen) tellRecorded(draft.kept, answer);
  }
}

const EVERY = 4 * 60_000;
let beaten = Date.now();

/** Tell the server that somebody is here; what it has of these keys. */
async function alive(keys = []) {
  beaten = Date.now();
  const ask = new URLSearchParams(keys.map((key) => ["key", key]));
  try {
    const answer = await fetch(`${document.body.dataset.alive}?${ask}`, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(4_000) });
    if (answer.type === "opaqueredirect") ended();
    return answer.ok ? await answer.json() : {};
  } catch { return {}; }
}

/** The session is over: say it before more is typed, and take what was typed along. */
function ended() {
  if (document.querySelector("[data-ended]")) return;
  const form = forms()[0];
  const next = encodeURIComponent(location.pathname + location.search);
  const way = link(`${document.body.dataset.signIn}?next=${next}`, say("sign-in"), "button");
  way.dataset.ended = way.dataset.leave = "1";
  way.addEventListener("click", () => forms().forEach((one) => keep(one, true)));
  const box = notice(say(form ? "session-over" : "signed-out"), " ", way);
  box.classList.add("in-sight");
  if (form) form.before(box);
  else tellAbove(box);
}
document.addEventListener("session-over", ended);
document.addEventListener("blocked", ({ detail }) => {  // the server does not let this person open the device any more
  if (detail === user) for (const one of [...timers.keys()]) putOff(one);
  for (const place of [store, tab]) place.keys().filter((key) => key.startsWith(`draft:${detail}:`)).forEach((key) => place.remove(key));
  if (detail === user && document.body.dataset.keptAt) location.replace("/");  // a copy that he may not see any more
});
document.addEventListener("queued", ({ detail: form }) => {  // it waits on the device: it is no draft any more
  putOff(form);
  if ("row" in form.dataset) keep(form, true, true);  // the form of this row is shown as it waits
  else placeOf(form).remove(keyOf(form));
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form");
  if (!form?.closest("main") || !form.elements._key) return;
  if (event.isTrusted) touched.set(form, (touched.get(form) ?? new Set()).add(event.target.name));
  if (Date.now() - beaten > EVERY) alive();
  if (!form.matches("[data-draft]")) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => { timers.delete(form); keep(form); }, 400));
});

/** Whoever leaves the page, or turns to another application, leaves nothing behind that he typed a moment ago. */
function keepAll() {
  for (const form of [...timers.keys()]) { putOff(form); keep(form); }
}
addEventListener("pagehide", keepAll);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keepAll(); });

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (forms().includes(form)) {
    putOff(form);
    keep(form, true);
  }
  if (!form.matches("[data-sign-out]")) return;
  for (const one of [...timers.keys()]) putOff(one);
  event.preventDefault();  // the page goes once the device is shut
  const late = new Promise((done) => { setTimeout(done, 2_000); });
  Promise.race([forget(), late]).catch(() => {}).then(() => HTMLFormElement.prototype.submit.call(form));
  for (const place of [store, tab]) place.keys().filter(mine).forEach((key) => place.remove(key));
});

// The other modules have set up their fields by the end of the first wait.
settle().then(() => {
  forms().forEach(restore);
  document.dispatchEvent(new Event("drafts-there"));
});
