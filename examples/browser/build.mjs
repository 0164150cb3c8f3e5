// Puts everything the page needs into site/: its own files, what it shares with `edgedigits web`, the model, and
// ONNX Runtime for the web from node_modules. The result is static and asks no other host.
//
//   node build.mjs [BUNDLE]      BUNDLE: a bundle's folder; the shipped edge bundle by default

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const bundle = process.argv[2] ?? join(root, "runtime", "edgedigits", "bundles", "edge");
const shared = join(root, "apps", "edgedigits_apps", "web", "assets");
const engine = join(here, "node_modules", "onnxruntime-web", "dist");
const site = join(here, "site");

const files = [
  ...["demo.js", "classify.js", "normalize.js"].map((name) => [here, name]),
  ...["pad.js", "answer.js", "ask.js", "page.css"].map((name) => [shared, name]),
  ...["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"].map((name) => [engine, name]),
  [bundle, "int8.onnx"],
];
await rm(site, { recursive: true, force: true });
await mkdir(site);
await Promise.all(files.map(([folder, name]) => copyFile(join(folder, name), join(site, name))));

// The pad and the answer are those of `edgedigits web`, without its examples.
const shown = await readFile(join(shared, "index.html"), "utf8");
const draw = /<!-- draw:.*-->\n(.*)<!-- \/draw -->/s.exec(shown)[1].replace(/ *<div class="ed-examples".*\n/, "");
const page = await readFile(join(here, "index.html"), "utf8");
await writeFile(join(site, "index.html"), page.replace("@draw", () => draw.trim()));

const manifest = JSON.parse(await readFile(join(bundle, "manifest.json"), "utf8"));
const facts = { name: manifest.name, reject_below: manifest.reject_below ?? 0 };
await writeFile(join(site, "model.json"), JSON.stringify(facts));
console.log(site);
