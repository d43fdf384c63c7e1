// A figure in base units or in packs: [data-measure] beside [data-field=quantity], and [data-loose] for what lies beside packs.
import { figure, written } from "../../../../core/web/static/js/dom.js";

export const packed = (line) => line.querySelector("[data-measure]")?.value === "pack";

/** The base units that a line says, so many to a pack; null where nothing is typed. */
export function units(line, pack) {
  const [typed, loose] = ["[data-field=quantity]", "[data-loose]:enabled"].map((place) => figure(line.querySelector(place)?.value ?? ""));
  return typed === null && loose === null ? null : (typed ?? 0) * (packed(line) ? pack : 1) + (loose ?? 0);
}

/** What packs make, beside the figure, as it is typed: "= 5 000 comprimés". */
export function total(line, pack, unit, several) {
  const measure = line.querySelector("[data-measure]"), made = units(line, pack);
  if (!measure) return;
  const note = line.querySelector("[data-in-units]") ?? Object.assign(document.createElement("small"), { className: "in-units" });
  note.dataset.inUnits = "";
  note.textContent = unit && packed(line) && made ? `= ${written(made)} ${made > 1 ? several : unit}` : "";
  if (!note.isConnected) measure.parentElement.append(note);
}
