// Build of the face: node core/web/build.mjs -> core/web/static/dist
// Every file carries its hash in its name, so it can be kept for ever; manifest.json maps
// the plain names. Nothing is fetched: all comes from node_modules and core/web/static.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const from = (...parts) => join(here, "static", ...parts);
const library = (...parts) => join(root, "node_modules", ...parts);
const out = from("dist");
const targets = ["chrome99", "firefox97", "safari15.4"];

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 10);

/** Smaller copies beside a text file, for servers that send them as they are. */
function compress(path, bytes) {
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, options));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

/** Write one file under its hashed name; returns that name. */
function publish(name, content, { text = true } = {}) {
  const bytes = Buffer.from(content);
  const hashed = name.replace(/(\.\w+)$/, `.${hashOf(bytes)}$1`);
  writeFileSync(join(out, hashed), bytes);
  if (text) compress(join(out, hashed), bytes);
  manifest[name] = hashed;
  return hashed;
}

/** The one minified text esbuild makes of an entry file. */
async function bundle(entry, options = {}) {
  const result = await build({
    entryPoints: [entry], bundle: true, minify: true, write: false, target: targets,
    legalComments: "none", external: ["*.woff2"], ...options,
  });
  return result.outputFiles[0].text;
}

/** An icon file of lucide as a symbol that inherits colour and line from the page. */
function symbol(name) {
  const svg = readFileSync(library("lucide-static", "icons", `${name}.svg`), "utf8");
  const shapes = svg.replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace("</svg>", "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s*\n\s*/g, "")}</symbol>`;
}

const manifest = {};
mkdirSync(out, { recursive: true });

const fontFile = library("@fontsource-variable", "public-sans", "files", "public-sans-latin-wght-normal.woff2");
const font = publish("public-sans.woff2", readFileSync(fontFile), { text: false });
const styled = async (name) =>
  (await bundle(from("css", name))).replaceAll("public-sans.woff2", font);
for (const name of ["app.css", "login.css", "document.css", "labels.css", "home.css", "files.css", "comments.css"]) publish(name, await styled(name));

publish("app.js", await bundle(from("js", "app.js"), { format: "esm" }));
publish("device.js", await bundle(from("js", "device.js"), { format: "esm" }));
publish("pin.js", await bundle(from("js", "pin.js"), { format: "esm" }));
publish("worker.js", await bundle(from("js", "worker.js"), { format: "esm" }));
publish("files.js", await bundle(from("js", "files.js"), { format: "esm" }));
publish("mentions.js", await bundle(from("js", "mentions.js"), { format: "esm" }));
publish("camera.js", await bundle(from("js", "camera.js"), { format: "esm" }));
publish("zxing.wasm", readFileSync(library("zxing-wasm", "dist", "reader", "zxing_reader.wasm")));
for (const plugin of readdirSync(join(root, "plugins")).sort()) {  // plugins/elmis/static/orders.js -> elmis-orders.js
  const folder = join(root, "plugins", plugin, "static");
  const own = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(js|css)$/.test(name)) : [];
  for (const name of own) publish(`${plugin}-${name}`, await bundle(join(folder, name), { format: "esm" }));
}
publish("htmx.js", readFileSync(library("htmx.org", "dist", "htmx.min.js"), "utf8")
  .replace(/\n?\/\/# sourceMappingURL=.*\s*$/, ""));
const icons = JSON.parse(readFileSync(from("icons.json"), "utf8"));
publish("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${icons.map(symbol).join("")}</svg>`);
publish("mark.svg", readFileSync(from("img", "mark.svg")));

// The old files serve until the new names stand, all at once; then they go.
const draft = join(out, `manifest.${process.pid}`);
writeFileSync(draft, `${JSON.stringify(manifest, null, 1)}\n`);
renameSync(draft, join(out, "manifest.json"));
const kept = new Set(["manifest.json", ...Object.values(manifest).flatMap((name) => [name, `${name}.br`, `${name}.gz`])]);
for (const name of readdirSync(out)) if (!kept.has(name)) rmSync(join(out, name), { force: true });
console.log(`${Object.keys(manifest).length} files in core/web/static/dist`);
