// The model in the browser: int8.onnx on ONNX Runtime's WebAssembly engine.

import * as ort from "./ort.wasm.min.mjs";
import { SIDE, toImage } from "./normalize.js";

ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
ort.env.wasm.numThreads = 1; // one image takes less time than waking a second thread; and threads need special headers

/** Load the model. The function it gives names the digit on a picture, ImageData, as `WebService.classify` does. */
export async function load() {
  const facts = await (await fetch("model.json")).json();
  const session = await ort.InferenceSession.create("int8.onnx");
  const [input, output] = [session.inputNames[0], session.outputNames[0]];
  const bytes = session.inputMetadata[0].type === "uint8";

  return async function classify(picture) {
    const start = performance.now();
    const image = toImage(picture);
    const tensor = bytes
      ? new ort.Tensor("uint8", image, [1, SIDE, SIDE, 1])
      : new ort.Tensor("float32", Float32Array.from(image), [1, SIDE, SIDE, 1]);
    const probabilities = (await session.run({ [input]: tensor }))[output].data;
    const total = probabilities.reduce((a, b) => a + b);
    const top = Array.from(probabilities, (p, digit) => [digit, p / total]).sort((a, b) => b[1] - a[1]).slice(0, 3);
    const accepted = top[0][1] >= facts.reject_below && image.some(Boolean);
    const milliseconds = performance.now() - start;
    return { digit: accepted ? top[0][0] : null, confidence: top[0][1], top, image, milliseconds };
  };
}
