// The page's first tab: a drawing goes to the server, what the model says comes back.

import { showAnswer } from "./answer.js";
import { Pad, enable, toDataURL } from "./pad.js";
import { latest, remember } from "./ask.js";

export function mount(element, server) {
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  const ask = latest(
    element,
    async ({ strokes, finished }) => ({
      finished,
      answer: strokes.length ? await server.look(toDataURL(strokes)) : null,
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
  for (const button of element.querySelectorAll("[data-strokes]")) {
    button.onclick = () => pad.load(JSON.parse(button.dataset.strokes));
  }
  // The ink takes the theme's colour.
  new MutationObserver(() => pad.redraw()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  pad.clear();
}
