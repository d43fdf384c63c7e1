// The label of a piece that is scanned anywhere on the page is the piece that the form is about.
const field = document.querySelector("main form [name=equipment]");
const box = () => document.getElementById(`${field.id}-text`) ?? field;

document.addEventListener("scan", (event) => {
  if (!field) return;
  event.preventDefault();
  const shown = box();
  for (const each of new Set([field, shown])) each.value = event.detail.text;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  shown.dispatchEvent(new Event("input", { bubbles: true }));
});
