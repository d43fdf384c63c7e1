// What is typed in form[data-draft] is kept on this device until the server has it.
import { all, say, store } from "./dom.js";
import { rowFor } from "./lines.js";

const user = document.body.dataset.user;
const keyOf = (form) => `draft:${user}:${form.dataset.draft}`;
const SECRET = new Set(["csrf_token", "_key"]);
const timers = new WeakMap();
const clock = (at) => new Intl.DateTimeFormat(document.documentElement.lang,
  { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" }).format(new Date(at));

const fields = (form) => [...form.elements].filter((field) => field.name && !SECRET.has(field.name)
  && !["password", "file", "submit", "button", "fieldset"].includes(field.type));

const isChoice = (field) => field.type === "checkbox" || field.type === "radio";

/** [name, value, label] of every field; a choice only when it is made. */
const values = (form) => fields(form).filter((field) => !isChoice(field) || field.checked)
  .map((field) => [field.name, field.value, field.dataset.label ?? ""]);

function keep(form) {
  const at = Date.now();
  if (store.set(keyOf(form), JSON.stringify({ at, values: values(form) }))) {
    const note = form.querySelector("[data-draft-note]");
    if (note) note.textContent = say("saved", { time: clock(at) });
  }
}

function put(form, [name, value, label]) {
  const found = fields(form).filter((field) => field.name === name);
  const field = found.find((one) => isChoice(one) && one.value === value) ?? found[0] ?? rowFor(form, name);
  if (!field) return;
  if (isChoice(field)) { field.checked = field.value === value; return; }
  if (label) field.dataset.label = label;
  if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
    field.add(new Option(label || value, value));
  }
  field.value = value;
  field.dispatchEvent(new Event("restored", { bubbles: true }));
}

function restore(form) {
  const kept = JSON.parse(store.get(keyOf(form)) ?? "null");
  if (!kept || document.querySelector(".error-summary")) return;
  if (JSON.stringify(kept.values) === JSON.stringify(values(form))) return;
  for (const field of fields(form)) if (isChoice(field)) field.checked = false;
  for (const one of kept.values) put(form, one);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  tell(form, kept.at);
}

/** The notice that says since when, and offers to begin afresh. */
function tell(form, at) {
  const notice = document.createElement("div");
  notice.className = "message tone-info";
  notice.setAttribute("role", "status");
  const text = document.createElement("p");
  text.textContent = `${say("restored", { time: clock(at) })} `;
  const button = Object.assign(document.createElement("button"),
    { type: "button", className: "button", textContent: say("discard") });
  button.addEventListener("click", () => {
    store.remove(keyOf(form));
    form.reset();
    location.reload();
  });
  text.append(button);
  notice.append(text);
  form.before(notice);
}

/** A draft is done with when its form was sent and an ordinary page came back. */
function settle() {
  const sent = sessionStorage.getItem("draft-sent");
  if (!sent || document.querySelector(".problem, .error-summary")) return;
  sessionStorage.removeItem("draft-sent");
  const again = all("form[data-draft]").some((form) => keyOf(form) === sent);
  if (!again || document.querySelector("[data-saved]")) store.remove(sent);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => keep(form), 400));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-draft]")) {
    clearTimeout(timers.get(form));
    keep(form);
    sessionStorage.setItem("draft-sent", keyOf(form));
  }
  if (form.matches("[data-sign-out]")) {
    for (const key of store.keys()) if (key.startsWith(`draft:${user}:`)) store.remove(key);
  }
});

settle();
// The other modules have set up their fields by then.
queueMicrotask(() => all("form[data-draft]").forEach(restore));
