// The sheet of a count: when each line was typed, how many are done, when a paper was filled, and where a code belongs.
import { all, fill } from "../../../core/web/static/js/dom.js";

const sheet = document.querySelector(".count-lines");
const form = sheet?.closest("form");
/** What the clock of the device lacks to that of the server, whose moment came with the first byte of the page. */
const arrived = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
const lacks = sheet ? Number(sheet.dataset.now) - arrived : 0;
const figureOf = (line) => line.querySelector("[data-field=quantity]");

function progress() {
  const note = form.querySelector("[data-progress]");
  const lines = all("[data-line]", sheet);
  const done = lines.filter((line) => figureOf(line).value.trim() !== "").length;
  note.textContent = note.dataset.progress.replace("{done}", done).replace("{all}", lines.length);
}

/** The moment of a paper is asked only when there is a paper. */
function paper() {
  form.querySelector("[data-when-paper]").hidden = form.querySelector("[name=when]:checked")?.value !== "paper";
}

/** Take the signs of the last code away. */
function unmark() {
  all(".scanned", sheet).forEach((line) => line.classList.remove("scanned"));
  all("[data-doubt]", sheet).forEach((note) => note.remove());
}

/** Show lines; the one that is surely meant, or alone in question, takes the figure. */
function go(lines, found) {
  for (const line of lines) line.classList.add("scanned");
  if (found.doubt) found.mark(lines[0], found.doubt);
  else if (figureOf(lines[0]).value.trim()) found.mark(lines[0], sheet.dataset.counted.replace("{n}", figureOf(lines[0]).value));
  lines[0].scrollIntoView({ block: "center" });
  if (lines.length === 1) return figureOf(lines[0]).focus({ preventScroll: true });
  lines[0].tabIndex = -1;
  lines[0].focus({ preventScroll: true });  // digits go nowhere until a line is chosen
}

/** Fill in a lot that is not on the sheet; what was typed of another one is not taken for it. */
function add(found) {
  const { product, lot, expiry, extra } = form.elements;
  const same = product.value === found.product.value && lot.value.trim().toLowerCase() === found.lot.toLowerCase();
  if (!same && extra.value.trim() && (product.value || lot.value)) {
    document.activeElement.blur();
    return found.tell(sheet.dataset.waiting.replace("{text}", `${found.product.label} ${found.lot}`));
  }
  const place = form.querySelector("[data-found]"), doubt = place.querySelector("[data-doubt]");
  place.open = true;
  product.dataset.label = found.product.label;
  product.value = found.product.value;
  for (const kind of ["restored", "input"]) product.dispatchEvent(new Event(kind, { bubbles: true }));
  fill(lot, found.lot);
  fill(expiry, found.expiry);
  doubt.textContent = found.doubt;
  doubt.hidden = !found.doubt;
  const next = found.doubt && !lot.value ? lot : extra;
  next.focus({ preventScroll: true });
  next.closest(".field").scrollIntoView({ block: "center" });
}

if (form) {
  progress();
  paper();
  form.addEventListener("input", (event) => {
    // kept in the form itself: the moment outlives a draft, a page that comes back, and a tablet that sleeps
    const line = event.target.closest("[data-line]");
    const typed = line ? line.querySelector("[data-typed]") : form.elements.typed; // the lot beside the sheet
    if (event.target.matches("[data-field=quantity]")) typed.value = Math.round(Date.now() + lacks);
    progress();
    paper();
  });
  sheet.addEventListener("answered", (event) => {
    const found = event.detail;
    if (!found.product) return document.activeElement.blur();  // what is typed next belongs to no line
    event.preventDefault();
    unmark();
    const lines = found.lines.map((id) => document.getElementById(`line-${id}`)).filter(Boolean);
    if (lines.length) go(lines, found);
    else add(found);
  });
  form.elements.extra.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.querySelector("[name=then][value=add]").click();
  });
}
