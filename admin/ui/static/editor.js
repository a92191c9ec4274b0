import { ask, show, latest } from './live.js';
import { chips } from './chips.js';

// The editor asks the server what would become of the draft while one types.
export function editor(form) {
  const fields = [...form.querySelectorAll('[data-chips]')].map(chips);
  const save = document.getElementById('save');
  const blocked = document.getElementById('blocked');
  const address = form.getAttribute('action'); // form.action is the buttons of that name
  const slow = 400; // milliseconds before "Checking…" is worth saying

  const body = (action) => {
    const data = new URLSearchParams(new FormData(form));
    data.set('action', action);
    return data;
  };

  async function post(action, signal) {
    const busy = setTimeout(() => { if (blocked) blocked.textContent = 'Checking…'; }, slow);
    try {
      show(await ask(address, { method: 'POST', body: body(action), signal }));
      if (!signal?.aborted) settle();
    } catch (error) {
      if (error.name === 'AbortError' || !blocked) return;
      blocked.textContent = `The draft could not be checked: ${error.message} Nothing is lost; it is tried again with your next change.`;
      if (save) save.disabled = false;
    } finally {
      clearTimeout(busy);
    }
  }
  const judgeLater = latest(180, (signal) => post('check', signal));
  function judge() {
    document.documentElement.dataset.settled = 'no'; // for tests
    judgeLater();
  }

  // settle disables saving where the server said why.
  function settle() {
    document.documentElement.dataset.settled = 'yes';
    if (save) save.disabled = blocked.hasAttribute('data-blocked');
    for (const button of form.querySelectorAll('[data-copy]')) button.hidden = !navigator.clipboard;
  }

  let dirty = false;
  let tried = false; // somebody chose what to try
  function touched(event) {
    tried ||= Boolean(event.target.closest('.try'));
    if (event.target.closest('.try, .chips')) return;
    dirty = true;
    if (save) save.disabled = false; // not known yet; the server checks again
    judge();
  }
  // Until then it is what the draft is about.
  document.addEventListener('shown', () => {
    const site = form.querySelector('#sites option');
    if (tried || !site) return;
    form.elements.try_origin.value = site.value;
    form.elements.try_credentials.checked = form.elements.credentials.checked;
  });
  form.addEventListener('input', touched);
  form.addEventListener('change', (event) => { if (event.target.localName === 'select') touched(event); });

  form.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if ('repair' in button.dataset) {
      const field = fields.find((f) => f.name === button.dataset.field);
      if (!field) return; // the server repairs it
      event.preventDefault();
      field.repair(Number(button.dataset.at), button.dataset.repair);
    } else if ('inplace' in button.dataset) {
      event.preventDefault();
      for (const field of fields) field.commit();
      post(button.value);
    } else if (button.dataset.copy) {
      copy(button);
    }
  });
  form.addEventListener('submit', (event) => {
    if (event.submitter?.value === 'check') { // Enter in a field
      event.preventDefault();
      if (document.activeElement.closest('.try')) post('try');
      else judge();
      return;
    }
    for (const field of fields) field.commit();
    dirty = false;
  });
  document.querySelector('[data-discard]')?.addEventListener('click', () => { dirty = false; });
  window.addEventListener('beforeunload', (event) => { if (dirty) event.preventDefault(); });

  async function copy(button) {
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not copied';
    }
    setTimeout(() => { button.textContent = said; }, 2000);
  }

  // Somebody else's save is told at once; what to do about it, when saving.
  document.addEventListener('state', (event) => {
    if (!blocked || event.detail.revision === form.dataset.base || document.querySelector('#elsewhere, #stale')) return;
    const p = document.createElement('p');
    p.id = 'elsewhere';
    p.className = 'notice warn';
    p.setAttribute('role', 'status');
    p.textContent = 'Somebody else has just saved. What you typed stays; saving shows both changes first. ';
    const reload = document.createElement('a');
    reload.href = document.querySelector('[data-discard]').href;
    reload.textContent = 'Start from theirs';
    p.append(reload);
    form.before(p);
  });

  settle();
  for (const id of ['stale', 'removal']) document.getElementById(id)?.focus();
}
