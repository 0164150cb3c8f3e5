// Brings the page to life: the tabs, and in each of them its own module.

import { server } from "./server.js";
import * as draw from "./draw.js";
import * as photo from "./photo.js";
import * as compare from "./compare.js";

const tabs = [...document.querySelectorAll("[role=tab]")];

function select(chosen) {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", tab === chosen);
    tab.tabIndex = tab === chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
  }
}

tabs.forEach((tab, i) => {
  tab.onclick = () => select(tab);
  tab.onkeydown = ({ key }) => {
    const next = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: -1 }[key];
    if (next === undefined) return;
    select(tabs.at(next % tabs.length));
    tabs.at(next % tabs.length).focus();
  };
});

const json = async (name) => (await fetch(name)).json();
const [limits, examples] = await Promise.all([json("limits.json"), json("examples.json")]);
draw.mount(document.getElementById("draw"), server, examples);
photo.mount(document.getElementById("photo"), server, limits);
compare.mount(document.getElementById("compare"), server, limits);
