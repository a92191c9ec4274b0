// Each card on the page describes one call in its data-* attributes. This
// script makes the call, and tells the story from three sides: what the page
// got to see, what the gateway decided, and whether the API ever saw it.

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

// journal asks this page's own server, which runs in the same program as the
// gateway, what was decided about this origin since an earlier question.
async function journal(since, wait) {
  const answer = await fetch(`/journal?since=${since}${wait ? "&wait" : ""}`);
  return answer.json();
}

// calls makes each kind of call and says what the page got to see of it.
const calls = {
  async json(card, {method, path, body, credentials}, target) {
    const options = {method, credentials: credentials ? "include" : "same-origin", cache: "no-store"};
    if (body) Object.assign(options, {headers: {"Content-Type": "application/json"}, body});
    try {
      const response = await fetch(target + path, options);
      const text = (await response.text()).trim();
      return {ok: response.ok, line: `The page may read the answer: ${response.status}`, more: text};
    } catch (e) {
      return {ok: false, line: "The page cannot read anything", more: String(e)};
    }
  },

  async "no-cors"(card, {method, path, body}, target) {
    try {
      await fetch(target + path, {method, mode: "no-cors", credentials: "include", body});
      return {line: "Sent. The page cannot see whether it worked"};
    } catch (e) {
      return {ok: false, line: "The browser reports a failure", more: String(e)};
    }
  },

  async beacon(card, {path, body}, target) {
    navigator.sendBeacon(target + path, body);
    return {line: "Sent. The page never learns what became of it"};
  },

  form(card, {path, body}, target) {
    const frame = card.querySelector("iframe");
    const form = document.createElement("form");
    form.method = "post";
    form.action = target + path;
    form.target = frame.name;
    form.hidden = true;
    for (const [name, value] of new URLSearchParams(body)) {
      const input = document.createElement("input");
      input.name = name;
      input.value = value;
      form.append(input);
    }
    document.body.append(form);
    return new Promise((resolve) => {
      frame.addEventListener("load", () => resolve({line: "Sent. The answer is in the frame below; the page cannot look inside"}), {once: true});
      frame.hidden = false;
      form.submit();
      form.remove();
    });
  },

  websocket(card, {path}, target) {
    return new Promise((resolve) => {
      const socket = new WebSocket(target.replace(/^http/, "ws") + path);
      socket.onmessage = (e) => {
        resolve({ok: true, line: "Connected", more: e.data});
        socket.close();
      };
      socket.onerror = () => resolve({ok: false, line: "The browser could not connect"});
    });
  },
};

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
