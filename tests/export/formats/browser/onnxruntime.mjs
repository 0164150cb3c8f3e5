// Runs an ONNX file in onnxruntime-web: node onnxruntime.mjs FILE IMAGES COUNT uint8|float32; probabilities as JSON.
import fs from 'fs';
import * as ort from 'onnxruntime-web/wasm';

const [file, images, count, type] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(fs.readFileSync(file));
const levels = fs.readFileSync(images);
const data = type === 'uint8' ? new Uint8Array(levels) : Float32Array.from(levels);
const result = await session.run({image: new ort.Tensor(type, data, [Number(count), 28, 28, 1])});
process.stdout.write(JSON.stringify(Array.from(result.probabilities.data)));
