// a[data-chooses]: its row is tinted as the one whose facts stand beside the table.
import { all } from "./dom.js";

document.addEventListener("click", (event) => {
  const row = event.target.closest("a[data-chooses]")?.closest("tr");
  if (row) for (const other of all("tr", row.parentElement)) other.classList.toggle("on", other === row);
});
