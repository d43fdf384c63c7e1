// Buttons [data-print] print the page; without script they stay hidden, the browser's own menu prints.
import { all } from "./dom.js";

function show() {
  for (const button of all("[data-print]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
document.addEventListener("htmx:after:swap", show); // a search brings the button of its list anew
show();
