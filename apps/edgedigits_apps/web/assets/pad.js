// A surface to draw on with mouse, finger, pen or keyboard. Knows strokes and pixels, nothing of models or servers.
//
// A stroke is {width, points}: a polyline [[x, y], ...] and a pen width, both in units of the surface's side.

export const DEFAULT_WIDTH = 0.08;
const STEP = 0.04; // how far an arrow key moves the pen
const PICTURE_SIDE = 280;
const MARGIN = 20; // paper around the drawing, so that the picture's border always shows paper

/** Paint strokes onto a 2D context in a square of `side` pixels whose top left corner is the context's origin. */
export function paint(context, strokes, side) {
  context.lineCap = context.lineJoin = "round";
  for (const { width, points } of strokes) {
    const at = points.map(([x, y]) => [x * side, y * side]);
    context.lineWidth = width * side;
    context.beginPath();
    context.moveTo(...at[0]);
    // Through the middles of the segments with the points as control points: smooth, and never far from the pen.
    for (let i = 1; i < at.length - 1; i++) {
      context.quadraticCurveTo(...at[i], (at[i][0] + at[i + 1][0]) / 2, (at[i][1] + at[i + 1][1]) / 2);
    }
    context.lineTo(...at[at.length - 1]);
    context.stroke();
  }
}

/** The strokes as a picture of black ink on white paper: a canvas of always the same size, whatever the screen's. */
export function toPicture(strokes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PICTURE_SIDE + 2 * MARGIN;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(MARGIN, MARGIN);
  context.strokeStyle = "black";
  paint(context, strokes, PICTURE_SIDE);
  return canvas;
}

/** The same picture as a PNG file, a Blob. */
export const toFile = (strokes) => new Promise((resolve) => toPicture(strokes).toBlob(resolve, "image/png"));

/** Enable or disable buttons; one that has the focus hands it to `heir` first, so that keyboards do not lose it. */
export function enable(buttons, enabled, heir) {
  if (!enabled && buttons.includes(document.activeElement)) heir.focus({ preventScroll: true });
  for (const button of buttons) button.disabled = !enabled;
}

export class Pad {
  /** @param canvas where to draw; @param onChange called with (strokes, finished) whenever the drawing changes. */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.width = DEFAULT_WIDTH;
    this.strokes = [];
    this.pointer = null; // the one pointer that draws; a palm or a second finger does not
    this.pen = { x: 0.5, y: 0.5, down: false, shown: false }; // moved by the arrow keys
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.#lift(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#hidePen());
    new ResizeObserver(() => this.redraw()).observe(canvas);
  }

  get empty() {
    return this.strokes.length === 0;
  }

  /** Replace the drawing. */
  load(strokes) {
    this.strokes = strokes.map(({ width = this.width, points }) => ({ width, points: points.map((p) => [...p]) }));
    this.pointer = null;
    this.pen.down = false;
    this.#changed(true);
  }

  undo() {
    this.load(this.strokes.slice(0, -1));
  }

  clear() {
    this.load([]);
  }

  redraw() {
    const { canvas } = this;
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
    if (!side) return; // hidden
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, side, side);
    context.strokeStyle = getComputedStyle(canvas).color;
    paint(context, this.strokes, side);
    if (this.empty && !this.pen.shown) this.#invite(context, side);
    if (!this.pen.shown) return;
    context.beginPath();
    context.arc(this.pen.x * side, this.pen.y * side, (this.width * side) / 2, 0, 2 * Math.PI);
    context.lineWidth = side / 150;
    context.strokeStyle = this.pen.down ? "#e4572e" : "#2e86de";
    context.stroke();
  }

  #invite(context, side) {
    context.font = `${side / 16}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.globalAlpha = 0.6;
    context.fillStyle = context.strokeStyle;
    context.fillText("draw a digit here", side / 2, side / 2);
    context.globalAlpha = 1;
  }

  #changed(finished) {
    this.redraw();
    this.onChange(this.strokes, finished);
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    const within = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  }

  #press(event) {
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true, focusVisible: false });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.pen.shown = this.pen.down = false;
    this.strokes.push({ width: this.width, points: [this.#point(event)] });
    this.#changed(false);
  }

  #move(event) {
    if (event.pointerId !== this.pointer) return;
    // A fast pen moves several times between two frames; without those points its curves get corners.
    const events = event.getCoalescedEvents?.() ?? [];
    this.strokes.at(-1).points.push(...(events.length ? events : [event]).map((one) => this.#point(one)));
    this.#changed(false);
  }

  #lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.#changed(true);
  }

  #key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") this.undo();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key in moves) this.#step(...moves[event.key], event.shiftKey ? STEP / 4 : STEP);
    else if (event.key === " " || event.key === "Enter") this.#togglePen();
    else if (event.key === "Backspace") this.undo();
    else if (event.key === "Delete") this.clear();
    else return;
    event.preventDefault();
  }

  #step(dx, dy, distance) {
    const { pen } = this;
    const within = (value) => Math.min(1, Math.max(0, value));
    Object.assign(pen, { x: within(pen.x + dx * distance), y: within(pen.y + dy * distance), shown: true });
    if (!pen.down) return this.redraw();
    this.strokes.at(-1).points.push([pen.x, pen.y]);
    this.#changed(false);
  }

  #togglePen() {
    const { pen } = this;
    pen.shown = true;
    pen.down = !pen.down;
    if (pen.down) this.strokes.push({ width: this.width, points: [[pen.x, pen.y]] });
    this.#changed(!pen.down);
  }

  #hidePen() {
    const wasDown = this.pen.down;
    this.pen.shown = this.pen.down = false;
    if (wasDown) this.#changed(true);
    else this.redraw();
  }
}
