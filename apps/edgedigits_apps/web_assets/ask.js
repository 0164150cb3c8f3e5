// How the tabs talk to the server and to each other.

/** A function that asks at most one question at a time; of those asked meanwhile only the newest is kept. */
export function latest(question, show, fail) {
  let running = false;
  let waiting = null;
  return async function ask(input) {
    if (running) {
      waiting = { input };
      return;
    }
    running = true;
    try {
      show(await question(input));
    } catch (error) {
      console.error(error);
      fail("The server does not answer. Is it still running?");
    }
    running = false;
    const next = waiting;
    waiting = null;
    if (next) ask(next.input);
  };
}

const listeners = new Set();
let drawing = null;

/** Keep the newest drawing, a data URL or null, and tell who wants to know. */
export function remember(picture) {
  drawing = picture;
  for (const listener of listeners) listener(picture);
}

/** Call `listener` with the drawing now and whenever it changes. */
export function follow(listener) {
  listeners.add(listener);
  listener(drawing);
}
