import { ask, show, latest } from './live.js';

// The list of endpoints is searched by the server, page by page, so that
// typing stays quick whatever the document holds.
export function list(form) {
  const found = document.getElementById('found');
  const chosen = new Set(); // stays chosen while one searches

  const search = latest(120, async (signal) => {
    const query = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...query]) if (!value) query.delete(name);
    const url = query.size ? `/?${query}` : '/';
    await go(url, signal);
  });

  async function go(url, signal) {
    found.setAttribute('aria-busy', 'true');
    try {
      show(await ask(url, { signal }));
      history.replaceState(null, '', url);
    } catch (error) {
      if (error.name === 'AbortError') return;
      const p = document.createElement('p');
      p.className = 'notice bad';
      p.setAttribute('role', 'alert');
      p.textContent = `The list could not be loaded. ${error.message} `;
      const again = document.createElement('button');
      again.className = 'link';
      again.textContent = 'Try again';
      again.addEventListener('click', () => go(url));
      p.append(again);
      found.replaceChildren(p);
    }
    found.removeAttribute('aria-busy');
  }

  form.addEventListener('input', () => search());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.target.closest('input, textarea, select')) {
      event.preventDefault();
      form.elements.q.focus();
    }
  });

  // Sorting and paging replace the rows, not the page.
  found.addEventListener('click', (event) => {
    const link = event.target.closest('thead a, .pages a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.href);
    if (link.closest('.pages')) found.scrollIntoView({ block: 'nearest' });
  });

  const boxes = () => [...found.querySelectorAll('input[name=p]')];
  function count() {
    const form = found.querySelector('[data-bulk]');
    if (!form) return;
    for (const box of boxes()) {
      if (chosen.has(box.value)) box.checked = true;
    }
    const all = form.querySelector('[data-all]');
    const button = form.querySelector('[data-bulk-button]');
    if (!all || !button) return;
    const here = boxes();
    const on = here.filter((box) => box.checked).length;
    all.hidden = false;
    all.checked = on > 0 && on === here.length;
    all.indeterminate = on > 0 && on < here.length;
    button.parentElement.hidden = chosen.size === 0;
    button.textContent = chosen.size === 1 ? 'Change the setting of 1 endpoint…' : `Change the setting of ${chosen.size} endpoints…`;
  }
  found.addEventListener('change', (event) => {
    const box = event.target;
    if (box.matches('[data-all]')) {
      for (const b of boxes()) choose(b, box.checked);
    } else if (box.name === 'p') choose(box, box.checked);
    count();
  });
  function choose(box, on) {
    box.checked = on;
    if (on) chosen.add(box.value);
    else chosen.delete(box.value);
  }
  found.addEventListener('submit', (event) => {
    // What was chosen on other pages of the list goes along.
    event.preventDefault();
    const query = new URLSearchParams();
    for (const p of chosen) query.append('p', p);
    location.assign(`/endpoint?${query}`);
  });
  document.addEventListener('shown', count);
  for (const box of boxes()) if (box.checked) chosen.add(box.value); // after going back
  count();
}
