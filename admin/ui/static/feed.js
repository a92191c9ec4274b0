// What happens just now, by server-sent events. A page in the background does
// not listen: browsers allow only few connections to one server.

let source;
const listeners = new Set();

function listen() {
  if (document.hidden || source) return;
  source = new EventSource('/api/v1/feed');
  for (const type of ['message', 'decision', 'state', 'dropped']) {
    source.addEventListener(type, (event) => {
      const data = JSON.parse(event.data);
      const found = type === 'message' ? data : { [type]: data };
      for (const tell of listeners) tell(found);
    });
  }
  source.addEventListener('open', () => { for (const tell of listeners) tell({ open: true }); });
  source.addEventListener('error', () => { for (const tell of listeners) tell({ lost: true }); });
}

function stop() {
  source?.close();
  source = undefined;
}

document.addEventListener('visibilitychange', () => (document.hidden ? stop() : listen()));
window.addEventListener('pagehide', stop);
window.addEventListener('pageshow', () => { if (listeners.size) listen(); });

/** watchState keeps the line at the top of the page right. */
export function watchState() {
  const line = document.getElementById('live');
  if (!line || !document.querySelector('[data-editor], [data-feed]')) return;
  listeners.add(({ state }) => {
    if (!state) return;
    const code = line.querySelector('code');
    if (code && state.live && !state.problem) code.textContent = state.live.slice(0, 7);
    document.dispatchEvent(new CustomEvent('state', { detail: state }));
  });
  listen();
}

const most = 60; // lines that are kept

/** feed shows decisions as they are made. */
export function feed(strip) {
  const list = strip.querySelector('[data-feed-list]');
  const said = strip.querySelector('[data-feed-state]');
  const button = strip.querySelector('[data-pause]');
  let pressed = false, resting = false, waiting = [], missed = 0;
  const paused = () => pressed || resting;

  button.hidden = false;
  button.addEventListener('click', () => {
    pressed = !pressed;
    button.setAttribute('aria-pressed', String(pressed));
    button.textContent = pressed ? 'Continue' : 'Pause';
    flow();
  });
  const rest = (on) => () => { resting = on; flow(); };
  list.addEventListener('pointerenter', rest(true));
  list.addEventListener('pointerleave', rest(false));
  list.addEventListener('focus', rest(true));
  list.addEventListener('blur', rest(false));

  function tell() {
    if (paused()) said.textContent = waiting.length || missed ? `Paused, ${waiting.length + missed} more` : 'Paused';
    else said.textContent = list.childElementCount ? 'Live' : 'Live: nothing yet';
  }

  function flow() {
    if (!paused()) {
      if (missed) {
        const gap = document.createElement('li');
        gap.className = 'hint';
        gap.textContent = `… ${missed} more in between`;
        list.prepend(gap);
        missed = 0;
      }
      list.prepend(...waiting.splice(0).reverse());
      while (list.childElementCount > most) list.lastElementChild.remove();
    }
    tell();
  }

  listeners.add(({ decision, dropped, lost, open }) => {
    if (lost) { said.textContent = 'The connection is lost; it is tried again…'; return; }
    if (open) tell();
    missed += Number(dropped) || 0;
    if (!decision) return;
    waiting.push(line(decision));
    if (waiting.length > most) { waiting.shift(); missed++; }
    requestFlow();
  });
  let frame;
  const requestFlow = () => { frame ??= requestAnimationFrame(() => { frame = undefined; flow(); }); };
}

const signs = { allowed: '✓', refused: '✕', observed: '◌' };

// line shows a decision. What strangers chose is text, never markup.
function line(d) {
  const item = document.createElement('li');
  item.className = d.outcome in signs ? d.outcome : '';
  const part = (className, text, hidden) => {
    const span = document.createElement('span');
    span.className = className;
    span.textContent = text;
    if (hidden) span.setAttribute('aria-hidden', 'true');
    item.append(span, ' ');
  };
  part('outcome', signs[d.outcome] ?? '?', true);
  part('verb', d.outcome);
  part('origin', d.origin || 'no origin');
  part('method', d.method);
  part('path', d.endpoint ? d.endpoint.replace(/^[A-Z]+\s+/, '') : 'no endpoint');
  if (d.preflight) part('hint', 'preflight');
  const time = document.createElement('time');
  time.dateTime = d.time;
  time.textContent = new Date(d.time).toLocaleTimeString();
  item.append(time);
  return item;
}
