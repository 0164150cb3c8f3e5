// The page's third tab: every artifact of the bundle on the drawing of the first.

import { paintImage, percent } from "./answer.js";
import { cells, follow, latest } from "./ask.js";
import { toFile } from "./pad.js";

export function mount(element, server, limits) {
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  part("runs").textContent = limits.timed_runs;
  let strokes = [];
  let shown = null;
  const ask = latest(
    element,
    async (drawing) => (drawing.length ? server.compare(await toFile(drawing)) : {}),
    (answer) => show(part, answer),
    (message) => (part("error").textContent = message),
  );
  // The work is done only while somebody looks.
  const update = () => {
    if (!element.offsetParent) return;
    const drawing = JSON.stringify(strokes);
    if (drawing === shown) return;
    shown = drawing;
    ask(JSON.parse(drawing)); // a copy: the drawing goes on
  };
  follow((newest) => {
    strokes = newest;
    update();
  });
  new IntersectionObserver(update).observe(element);
}

function show(part, { error = "", image = null, artifacts = [] }) {
  part("error").textContent = error;
  paintImage(part("image"), image);
  part("artifacts").replaceChildren(...artifacts.map(row));
  part("table").hidden = !artifacts.length;
  const answers = new Set(artifacts.filter((one) => !one.error).map((one) => one.digit ?? "not a digit"));
  part("status").textContent = !artifacts.length
    ? "Draw a digit in the first tab."
    : answers.size === 1
      ? `All say: ${[...answers][0]}.`
      : `They disagree: ${[...answers].join(", ")}.`;
}

function row(one) {
  const kilobytes = `${(one.size_bytes / 1000).toFixed(1)} kB`;
  if (one.error) return cells([one.file, "–", "–", "–", kilobytes, one.error]);
  const answer = one.digit ?? "not a digit";
  return cells([one.file, answer, percent(one.confidence), `${one.microseconds.toFixed(1)} µs`, kilobytes, one.engine]);
}
