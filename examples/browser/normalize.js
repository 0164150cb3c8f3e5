// From a drawing to the image a model takes: runtime/edgedigits/imaging/normalization.py in JavaScript, step by step, so that the
// browser's images are the ones that the gate was passed with. A test holds the two together.
//
// A plane is {width, height, data}, data one number in 0..255 for each pixel, row by row.

export const SIDE = 28;
const DIGIT_SIDE = 20;
const MIDDLE = SIDE / 2;
const MINIMUM_CONTRAST = 16;
const WORKING_SIDE = 320;

/** The model's input, Uint8Array of 28x28, 0 = paper, 255 = ink, from an ImageData-like {width, height, data: RGBA}. */
export function toImage(picture) {
  const grey = toGrey(picture);
  const scale = WORKING_SIDE / Math.max(grey.width, grey.height);
  return center(inkOf(scale < 1 ? resize(grey, scale) : grey));
}

function toGrey({ width, height, data }) {
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = Math.round(0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
  }
  return { width, height, data: grey };
}

/** How much ink is at each pixel, whether it is darker or lighter than the paper around the border. */
function inkOf({ width, height, data }) {
  const border = [...data.slice(0, width), ...data.slice(-width)];
  for (let y = 0; y < height; y++) border.push(data[y * width], data[(y + 1) * width - 1]);
  const paper = Math.trunc(median(border));
  const energy = data.reduce((sum, v) => sum + Math.sign(paper - v) * (paper - v) ** 2, 0);
  const ink = Float64Array.from(data, (v) => Math.max(0, energy >= 0 ? paper - v : v - paper));
  const most = ink.reduce((a, b) => Math.max(a, b), 0);
  const full = Math.max(ink.length > 400 ? percentile(ink, 0.995) : most, most / 2);
  const floor = full / 8; // paper grain
  const clear = full < MINIMUM_CONTRAST ? () => 0 : (v) => clip(((v - floor) * 255) / (full - floor));
  return { width, height, data: Uint8Array.from(ink, clear) };
}

/** Scale ink to 20x20 pixels and put its centre of mass on pixel 14 of 28x28. */
function center(ink) {
  const image = new Uint8Array(SIDE * SIDE);
  const digit = crop(ink, 64);
  if (!digit) return image;
  const scale = DIGIT_SIDE / Math.max(digit.width, digit.height);
  const { width, height, data } = resize(digit, scale);
  if (scale < 0.5) {
    // Thin pens fade when they are shrunk; MNIST's ink is nearly black in the middle of a stroke.
    const most = data.reduce((a, b) => Math.max(a, b), 1);
    data.forEach((v, i) => (data[i] = clip((v * 255) / most)));
  }
  let [mass, momentX, momentY] = [0, 0, 0];
  data.forEach((v, i) => {
    mass += v;
    momentX += v * (i % width);
    momentY += v * Math.floor(i / width);
  });
  const start = (moment, length) =>
    Math.min(SIDE - length, Math.max(0, roundEven(MIDDLE - moment / (mass || 1))));
  const [left, top] = [start(momentX, width), start(momentY, height)];
  data.forEach((v, i) => (image[(top + Math.floor(i / width)) * SIDE + left + (i % width)] = v));
  return image;
}

/** The part of a plane that has something above `threshold`, or null. */
function crop({ width, height, data }, threshold) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  data.forEach((v, i) => {
    if (v <= threshold) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  if (right < 0) return null;
  const rows = [];
  for (let y = top; y <= bottom; y++) rows.push(...data.subarray(y * width + left, y * width + right + 1));
  return { width: right - left + 1, height: bottom - top + 1, data: Uint8Array.from(rows) };
}

/** As cv2.resize: area average to shrink, bicubic to enlarge. */
function resize({ width, height, data }, scale) {
  const weights = scale < 1 ? areaWeights : cubicWeights;
  const columns = weights(width, Math.max(1, roundEven(width * scale)));
  const rows = weights(height, Math.max(1, roundEven(height * scale)));
  const result = new Uint8Array(columns.length * rows.length);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      let sum = 0;
      for (const [j, rowWeight] of row) {
        for (const [i, weight] of column) sum += rowWeight * weight * data[j * width + i];
      }
      result[y * columns.length + x] = clip(Math.round(sum));
    });
  });
  return { width: columns.length, height: rows.length, data: result };
}

/** For each of `to` pixels the [pixel, weight] pairs of the `from` pixels that it covers. */
function areaWeights(from, to) {
  const step = from / to;
  return Array.from({ length: to }, (_, k) => {
    const [start, end] = [k * step, Math.min(from, (k + 1) * step)];
    const covered = [];
    for (let i = Math.floor(start); i < end - 1e-3; i++) {
      const share = Math.min(end, i + 1) - Math.max(start, i);
      if (share > 1e-3) covered.push([i, share / (end - start)]);
    }
    return covered;
  });
}

/** For each of `to` pixels the [pixel, weight] pairs of Keys's cubic convolution (1981) with OpenCV's a = -0.75. */
function cubicWeights(from, to) {
  const a = -0.75;
  const kernel = (t) =>
    t <= 1 ? (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1 : a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a;
  return Array.from({ length: to }, (_, k) => {
    const at = ((k + 0.5) * from) / to - 0.5;
    const first = Math.floor(at) - 1;
    return [0, 1, 2, 3].map((n) => [
      Math.min(from - 1, Math.max(0, first + n)),
      kernel(Math.abs(at - first - n)),
    ]);
  });
}

const clip = (value) => Math.min(255, Math.max(0, value));

/** Half to even, as Python rounds. */
function roundEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

const median = (values) => percentile(values, 0.5);

/** Interpolated linearly, as NumPy's. */
function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}
