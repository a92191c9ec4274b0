// One of the two websites on the stage. When the stage asks, it makes all its
// calls, one after the other, and shows what became of each.

import {calls, journal} from "./calls.js";

const {api, stage} = document.body.dataset;
const rows = [...document.querySelectorAll(".calls li")];

addEventListener("message", async (e) => {
  if (e.origin !== stage || e.data !== "run") return;
  if (document.body.classList.contains("shop")) await signIn();
  for (const row of rows) await run(row);
  tell("done");
});
tell("ready");

// tell tells the stage, and how high this page is now.
function tell(type) {
  parent.postMessage({type, height: document.documentElement.scrollHeight}, stage);
}

// signIn makes the visitor known to the bookshop, as the calls of both websites
// are about. If the settings forbid it, the calls show that.
async function signIn() {
  const options = {method: "POST", path: "/session", body: `{"name": "Ada"}`, credentials: true};
  await calls.json(document.body, options, api);
}

async function run(row) {
  const call = {...row.dataset, credentials: "credentials" in row.dataset};
  const before = await journal(0, false);
  const browser = await calls[call.kind](row, call, api);
  const after = await journal(before.last, true);
  const last = after.decisions.at(-1);
  const ran = last?.verdict === "run";
  const gateway = last ? (ran ? "✓ " : "✗ ") + last.says : "Not asked";
  const page = browser.line + (browser.more ? ` · ${browser.more}` : "");
  const said = gateway + browser.line; // what the API itself says differs from time to time
  const changed = row.dataset.said !== undefined && row.dataset.said !== said;
  row.dataset.said = said;
  row.className = (ran ? "yes" : "no") + (changed ? " changed" : "");
  row.querySelector(".gateway").textContent = gateway;
  row.querySelector(".page").textContent = page;
}
