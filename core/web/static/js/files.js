// Documents and photos: dropped where there is a mouse, and photos made smaller before they travel over a weak link.
// Without this the form works as it is; the server draws each picture anew in any case.
const LONGEST = 2048, SMALL = 500_000, QUALITY = 0.82;
const work = new WeakMap();

/** A photo as a JPEG that a screen needs, upright and without what the camera wrote beside it; null to send it as it is. */
async function smaller(file) {
  if (file.size <= SMALL || !/^image\/(jpeg|webp|heic|heif|avif)$/.test(file.type)) return null;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const made = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
    return made && made.size < file.size ? new File([made], file.name.replace(/(\.\w+)?$/, ".jpg"), { type: "image/jpeg" }) : null;
  } catch {
    return null;
  }
}

async function prepare(input) {
  const sent = await Promise.all([...input.files].map(async (file) => (await smaller(file)) ?? file));
  const list = new DataTransfer();
  for (const file of sent) list.items.add(file);
  input.files = list.files;
}

for (const field of document.querySelectorAll("[data-files]")) {
  field.classList.add("live");
  for (const label of field.querySelectorAll(".files-camera > span, .files-choose > span")) label.classList.add("button");
}

/** Name what is chosen, since the inputs themselves are out of sight. */
function name(field) {
  const files = [...field.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  field.querySelector(".files-chosen").replaceChildren(...files.map((file) => {
    const item = document.createElement("p");
    item.textContent = file.name;
    return item;
  }));
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-files] input[type=file]")) return;
  name(target.closest("[data-files]"));
  work.set(target.form, Promise.all([work.get(target.form), prepare(target)]).finally(() => work.delete(target.form)));
});

/** Without a file a form travels as any other: in parts, each of its fields takes a hundred bytes more. */
function settle(form) {
  const chosen = [...form.querySelectorAll("[data-files] input[type=file]")].some((input) => input.files.length);
  form.enctype = chosen ? "multipart/form-data" : "application/x-www-form-urlencoded";
}

// A form that is sent while its photos are still being made smaller waits for them.
document.addEventListener("submit", (event) => {
  if (!event.target.querySelector("[data-files]")) return;
  settle(event.target);
  const waiting = work.get(event.target);
  if (!waiting) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  waiting.finally(() => event.target.requestSubmit(button));
}, { capture: true });

const place = (event) => event.target.closest?.("[data-files]");
for (const kind of ["dragover", "dragenter"]) {
  document.addEventListener(kind, (event) => {
    if (!place(event) || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    place(event).classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (place(event) && !place(event).contains(event.relatedTarget)) place(event).classList.remove("over");
});
document.addEventListener("drop", (event) => {
  const field = place(event);
  if (!field || !event.dataTransfer.files.length) return;
  event.preventDefault();
  field.classList.remove("over");
  const input = field.querySelector("input[type=file][multiple]");
  const list = new DataTransfer();
  for (const file of [...input.files, ...event.dataTransfer.files]) list.items.add(file);
  input.files = list.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
