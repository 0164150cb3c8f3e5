// Shows the latest reading below the picture, and whether the server still answers.

const [picture, reading, status] = ["picture", "reading", "status"].map((id) => document.getElementById(id));
let source = "live";
let lost = false;
async function tell() {
  try {
    const now = await (await fetch("/reading.json", { signal: AbortSignal.timeout(4000) })).json();
    const found = now.reading;
    source = now.source;
    reading.className = found ? "" : "none";
    const text = found ? found.rows.join("\n") : "\u2013";
    if (reading.textContent !== text) reading.textContent = text;
    const sure = found ? `, ${Math.round(100 * found.confidence)} % sure` : "";
    status.textContent = `${source}: ${now.fps.toFixed(0)} frames a second, ${now.latency_ms} ms${sure}`;
    status.className = "";
    if (lost) picture.src = `/stream.mjpg?${Date.now()}`;
    lost = false;
  } catch {
    status.textContent = `${source}: no connection, trying again`;
    status.className = "lost";
    lost = true;
  }
  setTimeout(tell, lost ? 2000 : 400);
}
tell();
