// Each card on the page describes one call in its data-* attributes. This
// script makes the call, and tells the story from three sides: what the page
// got to see, what the gateway decided, and whether the API ever saw it.

import {calls, journal} from "./calls.js";

const api = document.body.dataset.api;
const direct = document.body.dataset.direct;
const attacks = document.body.className === "evil"; // here it is good news if the API saw nothing

for (const card of document.querySelectorAll(".card[data-kind]")) {
  const call = {...card.dataset, credentials: "credentials" in card.dataset};
  card.querySelector("code").textContent = source(call);
  for (const button of card.querySelectorAll("button")) {
    button.addEventListener("click", () => play(card, button, call, "compare" in button.dataset ? direct : api));
  }
}

// source is the call as a developer would write it.
function source({kind, method, path, body, credentials}) {
  const url = api + path;
  const options = [];
  if (method !== "GET") options.push(`method: "${method}"`);
  if (kind === "no-cors") options.push(`mode: "no-cors"`);
  if (credentials || kind === "no-cors") options.push(`credentials: "include"`);
  if (body && kind === "json") options.push(`headers: {"Content-Type": "application/json"}`, `body: '${body}'`);
  if (body && kind === "no-cors") options.push(`body: "${body}"`);
  switch (kind) {
    case "form": return `<form method="post" action="${url}">\n  <input name="${body.replace("=", '" value="')}">\n</form>`;
    case "beacon": return `navigator.sendBeacon("${url}", "${body}")`;
    case "websocket": return `new WebSocket("${url.replace(/^http/, "ws")}")`;
  }
  return options.length === 0 ? `fetch("${url}")` : `fetch("${url}", {\n  ${options.join(",\n  ")}\n})`;
}

async function play(card, button, call, target) {
  const story = card.querySelector(".story");
  button.disabled = true;
  try {
    const before = await journal(0, false);
    const browser = await calls[call.kind](card, call, target);
    const after = await journal(before.last, target === api);
    tell(story, browser, target === api ? after.decisions : null, after.executed - before.executed);
  } catch (e) {
    tell(story, {ok: false, line: "The demo has ended.", more: String(e)}, null, 0);
  }
  button.disabled = false;
}

function tell(story, browser, decisions, executed) {
  const rows = [row("Browser", browser.ok, browser.line, browser.more)];
  if (decisions === null) {
    rows.push(row("Gateway", undefined, "Not asked: this went straight to the API"));
  }
  for (const d of decisions ?? []) {
    rows.push(row("Gateway", d.verdict !== "refuse", d.says, d.request));
  }
  const saw = executed === 0 ? "Saw nothing of it" : executed === 1 ? "Executed it" : `Executed ${executed} requests`;
  rows.push(row("API", attacks ? executed === 0 : undefined, saw));
  story.replaceChildren(...rows);
  story.hidden = false;
}

// row is a line of the story. A sign stands beside the colour.
function row(who, ok, line, more) {
  const div = document.createElement("div");
  const dt = document.createElement("dt");
  const dd = document.createElement("dd");
  const p = document.createElement("p");
  if (ok !== undefined) div.className = ok ? "yes" : "no";
  dt.textContent = who;
  p.textContent = (ok === undefined ? "" : ok ? "✓ " : "✗ ") + line;
  dd.append(p);
  if (more) {
    const small = document.createElement("small");
    small.textContent = more;
    dd.append(small);
  }
  div.append(dt, dd);
  return div;
}
