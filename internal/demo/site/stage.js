// The stage lets both websites make their calls, one website after the other,
// and again whenever another document is in force.

const frames = [...document.querySelectorAll(".pair iframe")];
const status = document.querySelector(".status");
const button = document.querySelector("button");

// told resolves when the website in frame has sent a message of the type.
function told(frame, type) {
  return new Promise((resolve) => {
    addEventListener("message", function listen(e) {
      if (e.source !== frame.contentWindow || e.origin !== new URL(frame.src).origin || e.data.type !== type) return;
      removeEventListener("message", listen);
      frame.style.height = `${e.data.height + 2}px`; // and its border
      resolve();
    });
  });
}

async function play() {
  button.disabled = true;
  status.textContent = "Trying…";
  for (const frame of frames) {
    const done = told(frame, "done");
    frame.contentWindow.postMessage("run", new URL(frame.src).origin);
    await done;
  }
  status.textContent = `Tried at ${new Date().toLocaleTimeString()}. Waiting for a change of the settings.`;
  button.disabled = false;
}

// Plays come one after the other.
let last = Promise.all(frames.map((frame) => {
  frame.src = frame.dataset.src; // not before, or it might be ready before we listen
  return told(frame, "ready");
}));
const again = () => (last = last.then(play));

button.addEventListener("click", again);

let known = 0;
try {
  for (;;) {
    const now = await (await fetch(`/changes?since=${known}`)).json();
    if (now !== known) {
      known = now;
      await again();
    }
  }
} catch {
  status.textContent = "The demo has ended.";
}
