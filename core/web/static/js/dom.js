// Small tools shared by the modules.
import { copyOf } from "./people.js";

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A text with {name} filled in. */
export const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);

/** The translated words of the page (template#words), with {name} filled in. */
export const say = (word, facts = {}) => filled(document.getElementById("words")?.getAttribute(`data-${word}`) ?? "", facts);

/** A storage that never throws: full, forbidden and absent all mean "nothing kept". */
export const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); return true; } catch { return false; } },
  remove(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
  keys() { try { return Object.keys(localStorage); } catch { return []; } },
};

export const csrf = () => document.querySelector("input[name=csrf_token]")?.value ?? "";

/** The moment of the server in ms, which its page said with its first byte: the clock of a device may be wrong. */
const arrived = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
const at = Number(document.body.dataset.keptAt ?? arrived);  // a copy says when this device took it
const lacks = document.body.dataset.now ? Number(document.body.dataset.now) - at : 0;
export const now = () => Math.round(Date.now() + lacks);

/** What the server answers to a script; null, and the page says it, when the session is over; throws when nothing came. */
export async function asked(url, options = {}) {
  const copy = document.body.dataset.keptAt && !options.method;  // its lists are of the same place and hour as itself
  const kept = copy ? await onDevice(url) : null;
  const limit = kept ? { signal: AbortSignal.timeout(4_000) } : {};
  let answer;
  try {
    answer = await fetch(url, { ...options, ...limit, headers: { Accept: "application/json" } });
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
  if (answer.status !== 401) return answer;
  document.dispatchEvent(new Event("session-over"));
  return null;
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** What this device keeps of a list, narrowed as the server would: by what its field depends on, then by the words. */
async function onDevice(address) {
  const url = new URL(address, location.href), ask = (name) => url.searchParams.get(name) ?? "";
  const found = await copyOf(document.body.dataset.user, `/kept${url.pathname}`).catch(() => null);
  if (!found) return null;
  const list = await found.json();
  const elsewhere = list.store && ask("store") && ask("store") !== String(list.store);  // of another store nothing is known
  if (elsewhere && list.by) return null;
  const part = list.by ? list.each[ask(list.by)] : list.results;
  if (!part) return null;
  const words = plain(ask("q")).split(/\s+/).filter(Boolean);
  const fits = (one) => words.every((word) => plain(one.label).includes(word));
  return new Response(JSON.stringify(Array.isArray(part) ? { results: part.filter(fits).slice(0, 12).map((one) => (elsewhere ? { value: one.value, label: one.label } : one)) } : part));
}

/** A sentence at the foot of the page, read aloud, gone after a while. */
export function toast(text) {
  document.querySelector(".toast")?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "status");
  document.body.append(box);
  box.textContent = text;
  setTimeout(() => box.remove(), 6000);
}

/** A number as people here write it: spaces between thousands, comma or point; 1,000 may be 1 and is none. */
export function figure(text) {
  const bare = String(text).trim();
  if (/^[+-]?[1-9]\d{0,2}[.,]\d{3}$/.test(bare)) return null;
  const plain = bare.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return plain === "" || Number.isNaN(Number(plain)) ? null : Number(plain);
}

/** A moment (ms, or as ISO 8601 has it) as people here write it: `parts` are those of Intl, in the facilities' time. */
export const momentOf = (at, parts = { dateStyle: "short", timeStyle: "short" }, language = document.documentElement.lang) =>
  new Intl.DateTimeFormat(language, { ...parts, timeZone: document.body.dataset.zone }).format(new Date(at));

export const written = (value) => new Intl.NumberFormat(document.documentElement.lang).format(value);

/** Set a field's value as if it had been typed, so that every listener hears of it. */
export function fill(input, value) {
  if (!input || value === undefined || value === null) return;
  input.value = input.dataset.date ? String(value).replace(/^(\d{4})-(\d\d)-(\d\d)$/, "$3/$2/$1") : value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

const STILL = 450;  // ms without a key: longer than the pauses of a slow reader
let pressed = -STILL;
addEventListener("keydown", () => { pressed = performance.now(); }, { capture: true });

async function still() {
  for (let left; (left = pressed + STILL - performance.now()) > 0;) await new Promise((done) => { setTimeout(done, left); });
}

let turn = Promise.resolve();
/** Write answers down in the order in which they were asked for, and never under hands or a reader that type. */
export function inTurn(answer, write) {
  turn = turn.then(() => answer).then(async (found) => { await still(); await write(found); }).catch((error) => console.error(error));
  return turn;
}
