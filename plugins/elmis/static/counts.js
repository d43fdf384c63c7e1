// The sheet of a count: when each line was typed, how many are done, when a paper was filled, and where a code belongs.
import { all, asked, figure, fill, now, written } from "../../../core/web/static/js/dom.js";
import { packed, total, units } from "./parts/measure.js";

const sheet = document.querySelector(".count-lines");
const form = sheet?.closest("form");
const figureOf = (line) => line.querySelector("[data-field=quantity]");

const FIGURES = "[data-field=quantity], [data-measure], [data-loose]";
const packOf = (line) => Number(line.querySelector("[data-size]")?.value) || 1;
/** What a line says, "4 037 comprimés"; "" where nothing is typed. */
function said(line) {
  const made = units(line, packOf(line)), { unit, units: several } = words(line);
  return made === null ? "" : `${written(made)} ${made > 1 ? several : unit}`;
}

/** The unit of a line, of one and of several. */
function words(line) {
  const place = line.querySelector("[data-units]"), alone = line.querySelector(".unit-cell")?.textContent.trim() ?? "";
  return place ? { unit: place.dataset.unit ?? "", units: place.textContent } : { unit: alone, units: alone };
}

/** Units beside packs are asked only where packs are chosen; what was kept in units is shown in packs then. */
function follow(line, chosen) {
  const loose = line.querySelector("[data-loose]"), counted = figureOf(line), size = packOf(line);
  if (!loose) return;
  const kept = chosen && packed(line) && loose.disabled && counted.value && counted.value === counted.defaultValue;
  loose.disabled = loose.parentElement.hidden = !packed(line);
  line.classList.toggle("packed", packed(line));
  if (kept && size > 1) [counted.value, loose.value] = [Math.floor(figure(counted.value) / size), figure(counted.value) % size || ""];
  const { unit, units: several } = words(line);
  total(line, size, unit, several);
}

function progress() {
  const note = form.querySelector("[data-progress]");
  const lines = all("[data-line]", sheet);
  const done = lines.filter((line) => said(line)).length;
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
  else if (said(lines[0])) found.mark(lines[0], sheet.dataset.counted.replace("{n}", said(lines[0])));
  lines[0].scrollIntoView({ block: "center" });
  if (lines.length === 1) return figureOf(lines[0]).focus({ preventScroll: true });
  lines[0].tabIndex = -1;
  lines[0].focus({ preventScroll: true });  // digits go nowhere until a line is chosen
}

/** Say what the product of the lot beside the sheet is counted in, once it is chosen. */
let sought;
async function name(place) {
  const code = form.elements.product.value.trim();
  if (code === sought) return;
  sought = code;
  const url = new URL(place.dataset.facts, location.href), size = place.querySelector("[data-size]");
  url.searchParams.set("product", code);
  const facts = code ? await asked(url).then((answer) => (answer?.ok ? answer.json() : {})).catch(() => ({})) : {};
  if (code !== sought) return;
  const measure = place.querySelector("[data-measure]"), unit = place.querySelector("[data-units]");
  if (place.dataset.shown || !size.value) size.value = facts.pack ?? "";  // what a draft or an answer showed stands
  place.dataset.shown = code;
  [measure.options[0].text, measure.options[1].text] = [facts.unit ?? measure.options[0].text, facts.pack_words ?? measure.options[1].text];
  [unit.dataset.unit, unit.textContent] = [facts.unit ?? "", facts.units ?? unit.textContent];
  measure.options[1].hidden = measure.options[1].disabled = facts.pack < 2;
  if (facts.pack < 2) measure.value = "unit";
  follow(place);
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
    if (event.target.matches(FIGURES)) typed.value = now();
    const place = line ?? event.target.closest("[data-extra]");
    if (place) follow(place, event.target.matches("[data-measure]"));
    else all("[data-line], [data-extra]", form).forEach((one) => follow(one));  // a draft that came back
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
  sheet.addEventListener("keydown", (event) => {  // from the units beside packs on to the next line's figure
    if (event.key !== "Enter" || !event.target.matches("[data-measure], [data-loose]")) return;
    event.preventDefault();
    const lines = all("[data-line]", sheet), next = lines[lines.indexOf(event.target.closest("[data-line]")) + 1];
    (next ? figureOf(next) : form.querySelector(".count-bar .button")).focus();
  }, { capture: true });
  const extra = form.querySelector("[data-extra]");
  extra.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    form.querySelector("[name=then][value=add]").click();
  });
  for (const kind of ["chosen", "restored", "input", "change"]) form.elements.product.addEventListener(kind, () => name(extra));
  name(extra);
  all("[data-line], [data-extra]", form).forEach((line) => follow(line));
}
