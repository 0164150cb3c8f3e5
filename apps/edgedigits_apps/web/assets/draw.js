// The page's first tab: a drawing goes to the server, what the model says comes back.

import { showAnswer } from "./answer.js";
import { Pad, enable, toFile } from "./pad.js";
import { latest, remember } from "./ask.js";

export function mount(element, server, examples) {
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  const ask = latest(
    element,
    async ({ strokes, finished }) => ({
      finished,
      answer: strokes.length ? await server.classify(await toFile(strokes)) : null,
    }),
    ({ finished, answer }) => {
      part("error").textContent = answer?.error ?? "";
      if (!answer?.error) showAnswer(element, answer, finished);
    },
    (message) => (part("error").textContent = message),
  );
  const pad = new Pad(part("pad"), (strokes, finished) => {
    enable([part("undo"), part("clear")], strokes.length > 0, part("pad"));
    remember(strokes);
    ask({ strokes, finished });
  });
  part("undo").onclick = () => pad.undo();
  part("clear").onclick = () => pad.clear();
  part("brush").oninput = (event) => (pad.width = event.target.value / 100);
  for (const [digit, strokes] of Object.entries(examples)) {
    part("examples").append(exampleButton(digit, strokes, () => pad.load(strokes)));
  }
  // The ink takes the theme's colour.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => pad.redraw());
  pad.clear();
}

/** A button that shows a recorded drawing, small. */
function exampleButton(digit, strokes, onClick) {
  const [button, picture] = [document.createElement("button"), svg("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" })];
  button.type = "button";
  button.setAttribute("aria-label", `Example: ${digit}`);
  button.onclick = onClick;
  picture.append(...strokes.map(({ points }) => svg("polyline", { points: points.join(" ") })));
  button.append(picture);
  return button;
}

function svg(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
