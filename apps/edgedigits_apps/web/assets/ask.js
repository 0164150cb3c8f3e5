// How the tabs talk to the server and to each other.

/**
 * A function that asks at most one question at a time; of those asked meanwhile only the newest is kept.
 * While questions are open, `element` is marked as busy, for screen readers and for whoever waits.
 */
export function latest(element, question, show, fail) {
  let running = false;
  let waiting = null;
  return async function ask(input) {
    waiting = { input };
    if (running) return;
    running = true;
    element.setAttribute("aria-busy", "true");
    while (waiting) {
      const next = waiting.input;
      waiting = null;
      try {
        show(await question(next));
      } catch (error) {
        console.warn(error);
        fail("The server does not answer. Is it still running?");
      }
    }
    running = false;
    element.setAttribute("aria-busy", "false");
  };
}

const listeners = new Set();
let drawing = [];

/** Keep the newest drawing, its strokes, and tell who wants to know. */
export function remember(strokes) {
  drawing = strokes;
  for (const listener of listeners) listener(strokes);
}

/** Call `listener` with the drawing now and whenever it changes. */
export function follow(listener) {
  listeners.add(listener);
  listener(drawing);
}

/** A table's row; the first cell heads it. */
export function cells(texts) {
  const row = document.createElement("tr");
  texts.forEach((text, i) => {
    const cell = document.createElement(i ? "td" : "th");
    if (!i) cell.scope = "row";
    cell.textContent = text;
    row.append(cell);
  });
  return row;
}
