// Runs a TFLite file in LiteRT.js: node litert.mjs FILE IMAGES COUNT uint8|float32; probabilities as JSON.
import fs from 'fs';
import {createRequire} from 'module';
import path from 'path';

const [file, images, count, type] = process.argv.slice(2);
const wasm = path.resolve('node_modules/@litertjs/core/wasm') + '/';
// LiteRT.js is made for a browser's page or worker; this is what it asks of a worker.
Object.assign(globalThis, {self: globalThis, require: createRequire(import.meta.url), __dirname: wasm, __filename: wasm});
globalThis.importScripts = (script) => {
  (0, eval)(fs.readFileSync(script, 'utf8') + '; globalThis.ModuleFactory = ModuleFactory;');
  globalThis.Module = {wasmBinary: fs.readFileSync(script.replace(/\.js$/, '.wasm'))};
};
const {loadLiteRt, loadAndCompile, Tensor} = await import('@litertjs/core');
await loadLiteRt(wasm);
const model = await loadAndCompile(new Uint8Array(fs.readFileSync(file)), {accelerator: 'wasm'});
const levels = fs.readFileSync(images);
const probabilities = [];
for (let i = 0; i < Number(count); ++i) {
  const image = levels.subarray(i * 784, (i + 1) * 784);
  const tensor = new Tensor(type === 'uint8' ? new Uint8Array(image) : Float32Array.from(image), [1, 28, 28, 1]);
  const [result] = await model.run([tensor]);
  probabilities.push(...await result.data());
}
// Its notes go to standard output, too; the answer is the last line.
fs.writeSync(1, '\n' + JSON.stringify(probabilities) + '\n');
process.exit(0);
