// Mentions: after an "@" the names that fit are offered below the text; arrows, Enter and Escape as in any list.
// Without this a name is written in full, and the server asks where it may be several people.
const START = /(?:^|[\s(])@([\p{L}][\p{L}'’. -]{1,40})$/u, WAIT = 200;

for (const field of document.querySelectorAll("[data-mentions]")) {
  const list = Object.assign(document.createElement("ul"), { className: "mention-list", hidden: true, id: `${field.id}-names` });
  list.setAttribute("role", "listbox");
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  let timer = 0, asked = 0, at = -1;

  const typed = () => START.exec(field.value.slice(0, field.selectionStart));
  const close = () => { list.hidden = true; list.replaceChildren(); at = -1; field.removeAttribute("aria-activedescendant"); };
  const mark = (to) => {
    at = (to + list.children.length) % list.children.length;
    [...list.children].forEach((each, place) => each.setAttribute("aria-selected", String(place === at)));
    field.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const take = (name) => {
    const found = typed(), end = field.selectionStart;
    if (found) field.setRangeText(`${name} `, end - found[1].length, end, "end");
    close();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  async function offer() {
    const found = typed();
    if (!found) return close();
    const turn = ++asked;
    try {
      const answer = await fetch(`/comments/people?q=${encodeURIComponent(found[1].trim())}`, { headers: { Accept: "application/json" } });
      const people = answer.ok ? await answer.json() : [];
      if (turn !== asked) return null;
      if (!people.length) return close();
      list.replaceChildren(...people.map(({ name, place }, number) => {
        const item = Object.assign(document.createElement("li"), { id: `${list.id}-${number}`, textContent: `${name}, ${place}` });
        item.setAttribute("role", "option");
        item.addEventListener("mousedown", (event) => { event.preventDefault(); take(name); });
        item.dataset.name = name;
        return item;
      }));
      list.hidden = false;
      mark(0);
    } catch { close(); }
    return null;
  }

  field.addEventListener("input", (event) => { if (event.isTrusted) { clearTimeout(timer); timer = setTimeout(offer, WAIT); } });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(at + (event.key === "ArrowDown" ? 1 : -1));
    else if (event.key === "Enter" || event.key === "Tab") take(list.children[at].dataset.name);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
