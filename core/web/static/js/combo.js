// Choice among many: [data-combo="/address?q="] on a text field or a select becomes an ARIA
// combobox. The address answers {results: [{value, label, detail}]}. What is sent is `value`;
// without script the field is an ordinary one that takes the code itself.
import { all, asked, say } from "./dom.js";

const BUSY = 300;  // ms without an answer after which a list says that it is looking
let serial = 0;
const names = (item) => [item.label, item.label.split(" · ")[0]].map((name) => name.toLowerCase());

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The address of a search, with the values of the fields it depends on. */
function address(field, text) {
  const url = new URL(field.dataset.combo, location.href);
  url.searchParams.set("q", text);
  for (const name of (field.dataset.comboWith ?? "").split(/[\s,]+/).filter(Boolean)) {
    const scope = field.closest("[data-line]") ?? field.form;
    const other = scope.querySelector(`[data-field="${name}"]`) ?? field.form.elements[name];
    if (other) url.searchParams.set(name, other.value);
  }
  return url;
}

const labelOf = (field) => (field.tagName === "SELECT"
  ? field.selectedOptions[0]?.value ? field.selectedOptions[0].text : "" : field.dataset.label || field.value);

/** Keep the choice in the real field; the visible one only shows its words. */
function set(field, box, value, label) {
  if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === String(value))) {
    field.add(new Option(label, value));
  }
  field.value = value;
  field.dataset.label = label;
  box.value = label;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Show from outside (a scan, a draft) what was chosen. */
export function choose(field, value, label) {
  const box = field.form?.querySelector(`#${CSS.escape(`${field.id}-text`)}`);
  if (box) set(field, box, value, label ?? value);
  else field.value = value;
}

/** The real field behind a visible box, if it is one of ours. */
export const behind = (box) => (box.matches("[role=combobox]") ? document.getElementById(box.id.replace(/-text$/, "")) : null);

function hide(field) {
  if (field.tagName === "SELECT") field.hidden = true;
  else field.type = "hidden";
}

export function enhance(field) {
  if (field.dataset.ready) return;
  field.dataset.ready = "1";
  const id = `combo-${++serial}`;
  const wrap = element("span", { class: "combo" });
  const list = element("ul", { role: "listbox", id, hidden: "" });
  const box = element("input", { type: "text", class: field.className, id: `${field.id}-text`, role: "combobox",
    autocomplete: "off", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list" });
  for (const name of ["aria-label", "aria-describedby", "aria-invalid", "placeholder"]) {
    if (field.hasAttribute(name)) box.setAttribute(name, field.getAttribute(name));
  }
  const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
  label?.setAttribute("for", box.id);
  list.setAttribute("aria-label", label?.textContent.trim() || field.getAttribute("aria-label") || "");
  box.value = labelOf(field);
  hide(field);
  field.after(wrap);
  wrap.append(box, list);
  listen(field, box, list);
}

function listen(field, box, list) {
  let at = -1, results = [], timer, turn = 0;
  let pending = false;  // what is typed has no answer yet
  let wanted = false;  // Enter or Tab was pressed meanwhile
  const open = () => !list.hidden;
  const typed = () => box.value.trim();
  const close = () => { list.hidden = true; at = -1; results = []; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); };
  const forget = () => { clearTimeout(timer); turn += 1; pending = wanted = false; close(); };

  function mark(next) {
    at = (next + results.length) % results.length;
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    box.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  }
  function show() {
    list.replaceChildren(...results.map((item, index) => {
      const option = element("li", { role: "option", id: `${list.id}-${index}`, "aria-selected": "false" });
      option.textContent = item.label;
      if (item.detail) option.append(Object.assign(document.createElement("small"), { textContent: item.detail }));
      return option;
    }));
    if (!results.length) return tell("none");
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    if (typed()) mark(0);
  }
  function tell(word) {
    if (document.activeElement !== box) return;
    list.replaceChildren(Object.assign(element("li", { role: "option", "aria-disabled": "true", class: "none" }), { textContent: say(word) }));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
  }
  async function search() {
    const [mine, text] = [++turn, typed()];
    pending = true;
    const busy = setTimeout(() => { if (mine === turn) tell("searching"); }, BUSY);
    try {
      const answer = await asked(address(field, text));
      const found = answer ? (await answer.json()).results ?? [] : null;
      if (mine === turn && text === typed()) arrived(found, text);
    } catch { if (mine === turn) tell("unreachable"); } finally {
      clearTimeout(busy);
      if (mine === turn) pending = wanted = false;
    }
  }
  /** Show what was found; take it for whoever has pressed a key for it, where nothing else can be meant. */
  function arrived(found, text) {
    const meant = wanted && (found?.length === 1 ? found[0] : found?.find((item) => names(item).includes(text.toLowerCase())));
    if (!found) close();
    else if (document.activeElement === box) { results = found; if (meant) take(meant); else show(); }
    else if (meant) keep(meant);
  }
  function keep(item) {
    set(field, box, item.value, item.label);
    forget();
  }
  function take(item) {
    keep(item);
    box.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: item }));
  }

  box.addEventListener("input", (event) => {
    event.stopPropagation();
    field.value = box.value.trim();
    field.dataset.label = box.value.trim();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    forget();
    pending = true;
    timer = setTimeout(search, 180);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !open()) { event.preventDefault(); return search(); }
    if (pending && typed() && ["Enter", "Tab"].includes(event.key)) {
      wanted = true;
      if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); tell("searching"); }
      return;
    }
    if (!open()) return;
    if (event.key === "Escape") { event.stopPropagation(); return forget(); }
    if (!results.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(event.key === "ArrowDown" ? at + 1 : Math.max(at, 0) - 1); }
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); event.stopPropagation(); take(results[at]); }
    if (event.key === "Tab" && at >= 0) keep(results[at]);  // the browser itself goes on to the next field
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const index = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (results[index]) take(results[index]);
  });
  box.addEventListener("blur", close);
  field.addEventListener("restored", () => { forget(); box.value = labelOf(field); });
}

all("[data-combo]").forEach(enhance);
