// Grids of lines, table[data-lines=NAME]: Enter goes to the next line, a blank one is added,
// totals follow, and a scan fills a line or counts it up. The blank line lies in
// template[data-lines-blank=NAME]; fields are named NAME-0-quantity as WTForms does.
import { all, csrf, figure, fill, say, toast, written } from "./dom.js";
import { choose, enhance } from "./combo.js";

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

/** Enter: the same column one line further, or the first field of a new line. */
function forward(grid, input) {
  const line = input.closest("[data-line]");
  const list = lines(grid);
  const next = list[list.indexOf(line) + 1];
  const place = inputs(line).indexOf(input);
  if (next) return (inputs(next)[place] ?? inputs(next)[0])?.focus();
  inputs(addLine(grid) ?? line)[0]?.focus();
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

const isEmpty = (line) => all("[data-field]", line).every((field) => !field.value);
const same = (line, found) => cell(line, "product")?.value === String(found.product?.value)
  && (cell(line, "lot")?.value ?? "") === (found.lot ?? "");

function place(grid, found) {
  const counted = lines(grid).find((line) => same(line, found));
  const line = counted ?? lines(grid).find(isEmpty) ?? addLine(grid);
  if (!line) return;
  const step = found.quantity ?? 1;
  const amount = cell(line, "quantity");
  if (!counted) {
    choose(cell(line, "product"), found.product.value, found.product.label);
    if (cell(line, "lot")) found.lot_label ? choose(cell(line, "lot"), found.lot, found.lot_label) : fill(cell(line, "lot"), found.lot);
    fill(cell(line, "expiry"), found.expiry);
  }
  fill(amount, counted ? (figure(amount.value) ?? 0) + step : found.quantity ?? "");
  all(".scanned", grid).forEach((other) => other.classList.remove("scanned"));
  line.classList.add("scanned");
  line.scrollIntoView({ block: "nearest" });
  amount?.focus();
}

async function scanned(grid, text) {
  const body = new FormData(grid.closest("form"));
  body.set("text", text);
  body.set("csrf_token", csrf());
  try {
    const answer = await fetch(grid.dataset.scanUrl, { method: "POST", body, headers: { Accept: "application/json" } });
    const found = await answer.json();
    if (found.product) place(grid, found);
    else toast(found.error || say("unknown", { text: text.replaceAll("\x1d", "") }));
  } catch {
    toast(say("unknown", { text: text.replaceAll("\x1d", "") }));
  }
}

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
