// The sheet of a count: when each line was typed, how many are done, and when a paper was filled.
import { all } from "../../../core/web/static/js/dom.js";

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
}
