// The sheet of a count: how long ago each line was typed, how many are done, and when a paper was filled.
import { all } from "../../../core/web/static/js/dom.js";

const sheet = document.querySelector(".count-lines");
const form = sheet?.closest("form");
const typed = new WeakMap();
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
    const line = event.target.closest("[data-line]");
    if (line && event.target === figureOf(line)) typed.set(line, performance.now());
    progress();
    paper();
  });
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    for (const line of all("[data-line]", sheet)) {
      if (typed.has(line)) line.querySelector("[data-ago]").value = Math.round((performance.now() - typed.get(line)) / 1000);
    }
  });
}
