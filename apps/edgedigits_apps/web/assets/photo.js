// The page's second tab: a photo, from a file, the clipboard or the camera, goes to the server; a page comes back.

import { percent } from "./answer.js";
import { cells, latest } from "./ask.js";

const CAMERA = { video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } } };

export function mount(element, server, limits) {
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  const report = (message) => {
    part("status").textContent = "";
    part("error").textContent = message;
    part("result").hidden = true;
  };
  const ask = latest(
    element,
    (picture) => server.annotate(picture),
    (page) => (page.error ? report(page.error) : show(part, page)),
    report,
  );

  function take(file) {
    part("error").textContent = "";
    if (file.size > limits.max_bytes) return report(`the picture is larger than ${limits.max_bytes / 1e6} MB; shrink it first`);
    part("status").textContent = "Reading …";
    ask(file);
  }

  const root = element.querySelector(".ed-sheet");
  part("file").onchange = ({ target }) => {
    if (target.files.length) take(target.files[0]);
    target.value = ""; // so that the same file can be chosen again
  };
  root.ondragover = (event) => event.preventDefault();
  root.ondrop = (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  };
  document.addEventListener("paste", (event) => {
    if (element.offsetParent && event.clipboardData.files.length) take(event.clipboardData.files[0]);
  });
  part("copy").onclick = () => copy(part("text"), part("status"));
  mountCamera(part, take, report);
}

function show(part, page) {
  const { digits, rows } = page;
  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  part("status").textContent = digits.length
    ? `${count(digits.length, "digit")} in ${count(rows.length, "row")}, read in ${page.milliseconds} ms.`
    : "No digits found. Go closer, hold the camera straight, or try more light.";
  part("photo").src = page.annotated;
  part("text").value = page.text;
  part("text").rows = Math.min(12, Math.max(2, rows.length));
  part("digits").replaceChildren(
    ...digits.map(({ row, digit, confidence, box, top }) =>
      cells([row + 1, digit, percent(confidence), `${box[0]}, ${box[1]}`, `${box[2]} × ${box[3]}`,
        top.slice(1).map(([other, p]) => `${other}\u00a0${percent(p)}`).join(", ")])),
  );
  part("reading").hidden = !digits.length;
  part("result").hidden = false;
}

async function copy(text, status) {
  // Browsers give the clipboard to pages from this computer or over HTTPS only; selecting works everywhere.
  text.select();
  try {
    await navigator.clipboard.writeText(text.value);
  } catch {
    document.execCommand("copy");
  }
  status.textContent = "Copied.";
}

function mountCamera(part, take, report) {
  let stream = null;
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    part("viewfinder").hidden = true;
  };
  part("camera").onclick = async () => {
    if (!navigator.mediaDevices) {
      return report("Browsers open the camera only for pages from this computer or over HTTPS; choose a photo instead.");
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia(CAMERA);
    } catch (error) {
      return report(`The camera cannot be used (${error.message}); choose a photo instead.`);
    }
    part("error").textContent = "";
    part("viewfinder").hidden = false;
    part("video").srcObject = stream;
    await part("video").play();
  };
  part("stop").onclick = stop;
  part("shoot").onclick = () => {
    const video = part("video");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => take(blob), "image/jpeg", 0.95);
    stop();
  };
}
