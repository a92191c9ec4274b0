// The server renders pages; here the parts of a page that are marked data-live
// are replaced by those of a newer rendering.

/** ask fetches a page and returns it as a document. It throws where there is no page. */
export async function ask(url, options = {}) {
  const response = await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...options });
  if (new URL(response.url).pathname === '/login') {
    location.reload(); // the session has ended
    throw new Error('You are signed out.');
  }
  if (!(response.headers.get('Content-Type') || '').startsWith('text/html')) {
    throw new Error(`Concors answered ${response.status}.`);
  }
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  page.ok = response.ok;
  return page;
}

/** show puts the live parts of page in the place of the present ones. */
export function show(page) {
  for (const old of document.querySelectorAll('[data-live]')) {
    const fresh = old.id && page.getElementById(old.id);
    if (!fresh) continue;
    for (const name of ['data-blocked']) {
      if (fresh.hasAttribute(name)) old.setAttribute(name, '');
      else old.removeAttribute(name);
    }
    if (old.innerHTML === fresh.innerHTML) continue;
    const open = new Map([...old.querySelectorAll('details[data-key]')].map((d) => [d.dataset.key, d.open]));
    for (const d of fresh.querySelectorAll('details[data-key]')) {
      if (open.has(d.dataset.key)) d.open = open.get(d.dataset.key);
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceChildren(...document.adoptNode(fresh).childNodes);
    if (focused) refocus(old, focused);
  }
  document.dispatchEvent(new CustomEvent('shown'));
}

// refocus finds what had the focus in the new content of a part.
function refocus(part, was) {
  const same = was.id ? document.getElementById(was.id)
    : was.href ? [...part.querySelectorAll('a')].find((a) => a.href === was.href)
      : [...part.querySelectorAll(was.localName)].find((e) => e.textContent === was.textContent);
  if (!same) part.tabIndex = -1; // what had it is gone
  (same ?? part).focus({ preventScroll: true });
}

/** latest returns a function that runs work for the newest call only, after a pause. */
export function latest(pause, work) {
  let timer, controller;
  return (...args) => {
    clearTimeout(timer);
    controller?.abort();
    controller = new AbortController();
    const { signal } = controller;
    timer = setTimeout(() => work(signal, ...args), pause);
  };
}
