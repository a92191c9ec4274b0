// journal asks this page's own server, which runs in the same program as the
// gateway, what was decided about this origin since an earlier question.
export async function journal(since, wait) {
  const answer = await fetch(`/journal?since=${since}${wait ? "&wait" : ""}`);
  return answer.json();
}

// calls makes each kind of call and says what the page got to see of it.
export const calls = {
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
