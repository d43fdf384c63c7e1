// The stock cards of the month: search and scan look on the page itself, so they work on the copy of a device.
import { all, filled } from "../../../core/web/static/js/dom.js";

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const cards = all("[data-card]"), none = document.querySelector("[data-no-card]"), box = document.querySelector("[data-find-card]");
const nothing = none?.textContent;

/** Show the cards that fit, opened where it is one; say so where there is none. */
function show(fits, said = nothing) {
  const found = cards.filter((card) => { card.hidden = !fits(card); return !card.hidden; });
  if (found.length === 1) found[0].open = true;
  none.hidden = found.length > 0;
  none.textContent = said;
}

box?.addEventListener("input", () => {
  const words = plain(box.value).split(/\s+/).filter(Boolean);
  show((card) => words.every((word) => card.dataset.card.includes(word)));
});

/** The number of the article in a code: that behind (01), else the code itself, in the 14 digits in which it is kept. */
const gtin = (text) => (/^(?:\][A-Za-z]\d)?\(?01\)?(\d{14})/.exec(text)?.[1] ?? text.trim()).padStart(14, "0");

if (box) document.addEventListener("scan", (event) => {
  event.preventDefault();
  const { text } = event.detail, number = gtin(text);
  const known = (card) => card.dataset.codes.split(" ").includes(number);
  box.value = "";
  if (cards.some(known)) return show(known);
  show(() => true);
  none.hidden = false;
  none.textContent = filled(none.dataset.unknown, { text });
});
