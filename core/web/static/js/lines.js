// Grids of lines, table[data-lines=NAME]: Enter goes to the next line, a blank one is added,
// totals follow, and a scan fills a line or counts it up. The blank line lies in
// template[data-lines-blank=NAME]; fields are named NAME-0-quantity as WTForms does. A page that takes the answer to
// a scan itself stops the grid's `answered` event, which tells what was found, and how to note something.
import { all, asked, csrf, figure, fill, inTurn, say, toast, written } from "./dom.js";
import { choose, enhance } from "./combo.js";
import { failed, note } from "./notes.js";

const grids = () => all("table[data-lines]");
const lines = (grid) => all("[data-line]", grid);
const cell = (line, name) => line.querySelector(`[data-field="${name}"]`);
const inputs = (line) => all(".input:not([type=hidden], [hidden], [readonly], :disabled)", line);
const indexOf = (line) => Number(/-(\d+)-/.exec(line.querySelector("[name]")?.name ?? "")?.[1] ?? -1);

/** Give every name, id and reference of a copied line its own number. */
function renumber(line, name, number) {
  const old = new RegExp(`(^|\\s)${name}-\\d+-`, "g");
  for (const part of [line, ...all("*", line)]) {
    for (const attribute of ["id", "name", "for", "aria-describedby", "aria-labelledby"]) {
      const value = part.getAttribute(attribute);
      if (value) part.setAttribute(attribute, value.replace(old, `$1${name}-${number}-`));
    }
  }
}

export function addLine(grid, number) {
  const name = grid.dataset.lines;
  const blank = document.querySelector(`template[data-lines-blank="${name}"]`);
  if (!blank) return null;
  const line = blank.content.querySelector("[data-line]").cloneNode(true);
  renumber(line, name, number ?? Math.max(-1, ...lines(grid).map(indexOf)) + 1);
  grid.tBodies[0].append(line);
  all("[data-combo]", line).forEach(enhance);
  return line;
}

/** The field of that name, in a line made for it when the grid has none yet (for drafts). */
export function rowFor(form, fieldName) {
  const [, name, number] = /^(.+?)-(\d+)-/.exec(fieldName) ?? [];
  const grid = name && form.querySelector(`table[data-lines="${CSS.escape(name)}"]`);
  if (!grid) return null;
  return addLine(grid, Number(number))?.querySelector(`[name="${CSS.escape(fieldName)}"]`);
}

function total(grid) {
  for (const place of all("[data-total]", grid)) {
    const found = lines(grid).map((line) => figure(cell(line, place.dataset.total)?.value ?? "") ?? 0);
    place.textContent = written(found.reduce((sum, value) => sum + value, 0));
  }
}

/** Which field of a line this is: WTForms names it "lines-3-quantity", or each line has its own name "q12". */
const column = (input) => /-\d+-(.+)$/.exec(input.name)?.[1];

/** Enter: the same field one line further, or the first field of a new line; after the last, the button that sends. */
function forward(grid, input) {
  const list = lines(grid);
  const at = list.findLastIndex((line) => line.compareDocumentPosition(input) & Node.DOCUMENT_POSITION_FOLLOWING);  // a reason stands below its line
  const next = list[at + 1];
  if (next) {
    const place = inputs(list[at]).indexOf(input);
    const same = column(input) && inputs(next).find((each) => column(each) === column(input));
    return (same ?? inputs(next)[place] ?? inputs(next)[0])?.focus();
  }
  const fresh = addLine(grid);
  (fresh ? inputs(fresh)[0] : grid.closest("form")?.querySelector(".buttons .button, .save-bar .button"))?.focus();
}

function removeLine(grid, line) {
  const list = lines(grid);
  const place = list.indexOf(line);
  if (list.length === 1) addLine(grid);
  line.remove();
  const near = lines(grid)[Math.min(place, list.length - 2)] ?? lines(grid)[0];
  (inputs(near)[0])?.focus();
  grid.dispatchEvent(new Event("input", { bubbles: true }));
  toast(say("removed"));
}

const measure = (line) => line.querySelector("[data-measure]");
const isEmpty = (line) => all("[data-field]", line).every((field) => !field.value);
const same = (line, found) => cell(line, "product")?.value === String(found.product?.value)
  && (cell(line, "lot")?.value ?? "") === (found.lot ?? "") && measure(line)?.value !== "pack";

/** What is wrong with a line's code, until the lot is typed. */
function mark(line, text) {
  const note = line.querySelector("[data-doubt]") ?? document.createElement("p");
  note.dataset.doubt = note.textContent = text;
  note.className = "question";
  line.cells[0].append(note);
}

/** The line that a code counts up, an empty one, or a new one. */
function lineFor(grid, found) {
  const counted = lines(grid).find((line) => same(line, found));
  return [counted ?? lines(grid).find(isEmpty) ?? addLine(grid), Boolean(counted)];
}

function place(grid, found) {
  const [line, counted] = lineFor(grid, found);
  if (!line) return;
  const [amount, lot] = [cell(line, "quantity"), cell(line, "lot")];
  if (!counted) {
    choose(cell(line, "product"), found.product.value, found.product.label);
    if (lot) lot.dataset.combo ? choose(lot, found.lot, found.lot_label) : fill(lot, found.lot);
    fill(measure(line), "unit");
    fill(cell(line, "expiry"), found.expiry);
  }
  if (found.quantity !== "") fill(amount, counted ? (figure(amount.value) ?? 0) + (found.quantity ?? 1) : found.quantity);
  all(".scanned", grid).forEach((other) => other.classList.remove("scanned"));
  line.classList.add("scanned");
  line.scrollIntoView({ block: "nearest" });
  if (found.doubt) mark(line, found.doubt);
  const next = found.doubt && lot && !lot.value ? lot : amount;
  if (!awaited && !typed && !document.activeElement.matches(OUTSIDE)) next?.focus();
}

const OUTSIDE = "form :is(input, select, textarea):not([data-lines] *, [type=hidden])";
let awaited = 0;  // scans whose answer is not written down yet
let typed = null;  // the field that hands, not a reader, are typing in

function count(grid, step) {
  awaited += step;
  const form = grid.closest("form");
  const place = form.querySelector("[data-awaited]") ?? Object.assign(document.createElement("p"), { className: "muted" });
  place.dataset.awaited = awaited;
  place.setAttribute("role", "status");
  place.textContent = awaited ? say("awaited", { n: awaited }) : "";
  if (!place.isConnected) (grid.closest(".card") ?? grid).after(place);
}

const TRIES = [0, 1000, 4000];
async function ask(grid, text) {
  const body = new FormData(grid.closest("form"));
  body.set("text", text);
  body.set("csrf_token", csrf());
  for (const wait of TRIES) {
    await new Promise((done) => { setTimeout(done, wait); });
    try {
      const answer = await asked(grid.dataset.scanUrl, { method: "POST", body });
      if (!answer) return {};
      if (answer.status < 500) return await answer.json();
    } catch { /* no answer, or none of ours: tried again */ }
  }
  return {};
}

/** The answer waits for whoever is typing in the figure that it would change. */
async function settled(grid, found) {
  while (typed && ("lines" in found || lines(grid).some((line) => cell(line, "quantity") === typed && same(line, found)))) {
    await new Promise((done) => { typed.addEventListener("focusout", done, { once: true }); });
  }
}

/** Codes are asked for at once and written down in turn, each by its own answer, wherever the focus is. */
function scanned(grid, text) {
  count(grid, 1);
  inTurn(ask(grid, text), async (found) => {
    if (found.product) await settled(grid, found);
    count(grid, -1);
    const told = { ...found, mark, tell: (words, again) => note(grid, words, again) };
    const answered = new CustomEvent("answered", { bubbles: true, cancelable: true, detail: told });
    if (!grid.dispatchEvent(answered)) return;
    if (found.product) return place(grid, found);
    if (!typed && !document.activeElement.matches(OUTSIDE)) document.activeElement.blur();  // digits that follow belong to no line
    note(grid, failed(text, found), !found.error && (() => scanned(grid, text)));
  });
}

document.addEventListener("submit", (event) => {
  if (!awaited || !event.target.querySelector("table[data-scan-url]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toast(say("awaited", { n: awaited }));
}, { capture: true });

document.addEventListener("waits", (event) => {
  const own = all("table[data-lines]", event.target);
  const blank = (grid) => document.querySelector(`template[data-lines-blank="${grid.dataset.lines}"]`) && lines(grid).every(isEmpty);
  if (own.length && own.every(blank)) event.preventDefault();  // a grid of given lines, as of a delivery, is never empty
});

document.addEventListener("scan", (event) => {
  const inside = event.target.querySelector?.("table[data-scan-url]");
  const only = all("table[data-scan-url]");
  const grid = inside ?? (only.length === 1 ? only[0] : null);
  if (!grid) return;
  event.preventDefault();
  scanned(grid, event.detail.text);
});

for (const grid of grids()) {
  grid.addEventListener("focusin", (event) => event.target.matches("input.input") && event.target.select());
  (grid.closest("form") ?? grid).addEventListener("input", () => total(grid));
  grid.addEventListener("input", (event) => {
    if (event.isTrusted) typed = event.target;
    else if (typed === event.target) typed = null;
    if (event.target.dataset.field === "lot") event.target.closest("[data-line]").querySelector("[data-doubt]")?.remove();
  });
  grid.addEventListener("focusout", () => { typed = null; });
  grid.addEventListener("chosen", (event) => {
    const list = inputs(event.target.closest("[data-line]"));
    (list.slice(list.indexOf(event.target) + 1).find((input) => !input.value) ?? event.target).focus();
  });
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches(".input") || event.defaultPrevented) return;
    event.preventDefault();
    forward(grid, event.target);
  });
  grid.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (button) removeLine(grid, button.closest("[data-line]"));
  });
  total(grid);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-line]");
  if (!button) return;
  const line = addLine(document.querySelector(`table[data-lines="${button.dataset.addLine}"]`));
  inputs(line)[0]?.focus();
});
for (const button of all("[data-add-line][hidden]")) button.hidden = false;
