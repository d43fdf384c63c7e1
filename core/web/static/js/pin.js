// The PIN of this device: set on its page, asked for where the network is away. It wraps the key of a person (PBKDF2-SHA-256 and
// AES-GCM); after five wrong ones the key is gone from the device, and only the server opens it again.
import { barred, bytesOf, changePerson, copyOf, DAY, dropPerson, everybody, keepCopy, person, putPerson, shut, TRIES } from "./people.js";
import { filled } from "./dom.js";

const ROUNDS = 600_000;
const LOCK = { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const GOOD = /^\d{6}$/;
const word = (name, facts = {}) => filled(document.getElementById("pin-words").dataset[name] ?? "", facts);
const made = (tag, facts, ...parts) => { const one = Object.assign(document.createElement(tag), facts); one.append(...parts); return one; };

async function wrapping(pin, salt, rounds) {
  const raw = await crypto.subtle.importKey("raw", bytesOf(pin), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The two keys of a person, of which no script can read a byte: one signs, one opens his pages. */
async function keysOf(bytes) {
  const sign = await crypto.subtle.importKey("raw", bytes.slice(0, 32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const keep = await crypto.subtle.importKey("pkcs8", bytes.slice(32), LOCK, false, ["unwrapKey"]);
  return { sign, keep, seen: Date.now() };
}

export const isEasy = (pin) => /^(\d)\1+$/.test(pin) || "01234567890123456789".includes(pin) || "98765432109876543210".includes(pin);

/** Keep the key that the server gave this person, wrapped by his PIN, and seal his pages with it. */
export async function setPin({ user, name }, pin, { id, secret, days }) {
  const { publicKey: lock, privateKey } = await crypto.subtle.generateKey(LOCK, true, ["wrapKey", "unwrapKey"]);
  const opens = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const bytes = new Uint8Array(32 + opens.length), salt = crypto.getRandomValues(new Uint8Array(16)), iv = crypto.getRandomValues(new Uint8Array(12));
  bytes.set(Uint8Array.from(atob(secret), (one) => one.charCodeAt(0)));
  bytes.set(opens, 32);
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytesOf(`${user} ${id}`) }, await wrapping(pin, salt, ROUNDS), bytes);
  const at = Date.now();
  const one = { user, name, id, lock, salt, iv, wrapped, rounds: ROUNDS, tries: 0, until: at + days * DAY, highest: at, open: await keysOf(bytes) };
  const pages = await copiesOf(user);
  await shut();
  await caches.delete(`pages-${user}`);  // what is there is not sealed, or with another key
  await putPerson(one);
  const cache = await caches.open(`pages-${user}`);
  for (const { path, copy } of pages) await keepCopy(cache, user, path, copy, Object.fromEntries(copy.headers));
  return one;
}

/** What is kept of a person, as far as it can be read. */
async function copiesOf(user) {
  const found = [];
  for (const { url } of await (await caches.open(`pages-${user}`)).keys()) {
    const path = new URL(url).pathname, copy = await copyOf(user, path).catch(() => null);
    if (copy) found.push({ path, copy });
  }
  return found;
}

/** "" where a PIN opens the device for a person; else why not: "wrong" with the tries that are left, "gone" after the last, "over", "clock". */
export async function unlock(user, pin) {
  const one = await person(user);
  if (!one) return { why: "gone" };
  const bar = barred(one);
  if (bar) return { why: bar };
  if (one.tries >= TRIES) { await dropPerson(user); return { why: "gone" }; }
  await changePerson(user, (now) => ({ ...now, tries: now.tries + 1 }));  // counted before it is tried: a cut gives none back
  try {
    const key = await wrapping(pin, one.salt, one.rounds);
    const bytes = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: one.iv, additionalData: bytesOf(`${user} ${one.id}`) }, key, one.wrapped));
    const open = await keysOf(bytes);
    await shut(user);
    await changePerson(user, (now) => ({ ...now, tries: 0, highest: Math.max(now.highest, Date.now()), open }));
    return { why: "" };
  } catch {
    const left = TRIES - ((await person(user))?.tries ?? TRIES);
    if (left > 0) return { why: "wrong", left };
    await dropPerson(user);
    return { why: "gone" };
  }
}

/** The fields that ask a person for his PIN; `then` is called once it opened the device. */
function asking({ user, name }, then) {
  const input = made("input", { className: "input", type: "password", inputMode: "numeric", autocomplete: "off", maxLength: 6, id: "pin", required: true });
  const told = made("p", { className: "error", id: "pin-told" });
  told.setAttribute("role", "alert");
  input.setAttribute("aria-describedby", "pin-told");
  const form = made("form", { className: "stack", noValidate: true }, made("div", { className: "field" }, made("label", { htmlFor: "pin", textContent: word("pin", { name }) }), told, input),
    made("button", { className: "button strong", textContent: word("open") }));
  form.dataset.here = "1";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    const { why, left } = GOOD.test(input.value) ? await unlock(user, input.value) : { why: "six" };
    delete form.dataset.busy;
    if (!why) return then();
    told.textContent = word(why, { n: left });
    input.value = "";
    input.focus();
  });
  return form;
}

/** Ask this person for his PIN over the page; whether he gave it. With `must`, nothing of the page is seen before. */
export function ask(one, must = false) {
  const parts = must ? [...document.body.children].filter((part) => !part.hidden) : [];
  const box = made("dialog", {});
  box.setAttribute("aria-label", word("pin", one));
  return new Promise((done) => {
    const end = (is) => { for (const part of parts) part.hidden = false; box.remove(); done(is); };
    box.append(made("div", { className: "stack" }, made("p", { textContent: word(must ? "shut" : "needed") }), asking(one, () => end(true))));
    if (!must) box.firstChild.append(made("button", { type: "button", className: "button", textContent: word("not"), onclick: () => end(false) }));
    box.addEventListener("cancel", (event) => { event.preventDefault(); if (!must) end(false); });
    document.body.append(box);
    for (const part of parts) part.hidden = true;
    box.showModal();
    box.querySelector("input").focus();
  });
}

/** The page of a device that is shut: who works here opens it by his name and his PIN. */
async function door(page) {
  const people = await everybody().catch(() => []);
  const go = () => (location.pathname === "/device/unlock" ? location.replace("/device") : location.reload());
  if (!people.length) page.replaceChildren(made("p", { textContent: word("nobody") }));
  else if (people.length === 1) page.replaceChildren(asking(people[0], go));
  else page.replaceChildren(made("p", { textContent: word("who") }), ...people.map((one) => made("button", {
    type: "button", className: "button", textContent: one.name, onclick: () => { page.replaceChildren(asking(one, go)); page.querySelector("input").focus(); },
  })));
  page.querySelector("input, button")?.focus();
}

const page = document.querySelector("[data-door]");
if (page) door(page);
