// The page: what is drawn is named by the model in this browser.

import { showAnswer } from "./answer.js";
import { latest } from "./ask.js";
import { load } from "./classify.js";
import { Pad, enable, toPicture } from "./pad.js";

const part = (name) => document.querySelector(`[data-part=${name}]`);
const main = document.querySelector("main");
const report = (message) => (part("error").textContent = message);

const loading = load();
const ask = latest(
  main,
  async ({ strokes, finished }) => {
    const classify = await loading;
    const picture = strokes.length ? toPicture(strokes) : null;
    const pixels = picture?.getContext("2d").getImageData(0, 0, picture.width, picture.height);
    return { finished, answer: pixels ? await classify(pixels) : null };
  },
  ({ finished, answer }) => {
    showAnswer(main, answer, finished);
    part("time").textContent = answer ? `${answer.milliseconds.toFixed(1)} ms in this browser` : "";
  },
  () => report("The model could not be loaded. Is the whole folder there, and served over HTTP?"),
);
const pad = new Pad(part("pad"), (strokes, finished) => {
  enable([part("undo"), part("clear")], strokes.length > 0, part("pad"));
  ask({ strokes, finished });
});
part("undo").onclick = () => pad.undo();
part("clear").onclick = () => pad.clear();
part("brush").oninput = ({ target }) => (pad.width = target.value / 100);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => pad.redraw());
pad.clear();
