// Shows what a classifier made of a drawing: the answer, the likeliest digits, and the image the model saw.

export const percent = (probability) => `${(100 * probability).toFixed(1)}\u00a0%`; // never parted at a line's end

/** In words, for people and for screen readers. `answer` is null for an empty drawing. */
export function inWords(answer) {
  if (!answer) return "Nothing drawn yet.";
  const said = answer.top.map(([digit, probability]) => `${digit}\u00a0(${percent(probability)})`);
  if (answer.digit !== null) return `${said[0]}, then ${said.slice(1).join(" and ")}.`;
  const [highest, lowest] = [answer.top[0][1], answer.top.at(-1)[1]].map(percent);
  return highest === lowest ? "Not a digit: none is likelier than another." : `Not a digit. Likeliest: ${said.join(", ")}.`;
}

/** Paint a 28x28 image, 0 = paper, 255 = ink, onto a canvas; null leaves it blank. */
export function paintImage(canvas, image, side = 28) {
  canvas.width = canvas.height = side;
  if (!image) return;
  const pixels = new ImageData(side, side);
  image.forEach((ink, i) => pixels.data.set([ink, ink, ink, 255], 4 * i));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** Fill the parts of `element` that carry data-part="digit", "top", "image" and, once `finished`, "words". */
export function showAnswer(element, answer, finished = true) {
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  part("digit").textContent = answer ? (answer.digit ?? "?") : "–";
  element.dataset.digit = answer ? (answer.digit ?? "none") : "empty";
  if (finished) part("words").textContent = inWords(answer); // a live region: read out once a stroke is done
  const rows = part("top").children;
  for (let i = 0; i < rows.length; i++) {
    const [digit, probability] = answer?.top[i] ?? ["–", 0];
    rows[i].style.setProperty("--share", probability);
    rows[i].children[0].textContent = digit;
    rows[i].children[2].textContent = answer ? percent(probability) : "";
  }
  paintImage(part("image"), answer?.image);
}
