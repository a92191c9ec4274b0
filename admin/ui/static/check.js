// Asks the live API by way of the admin API and shows what differs.

const words = {
  allowed: 'A page reads what it must not',
  'preflight-allowed': 'A preflight that is refused here succeeds',
  websocket: 'A WebSocket that is refused here opens',
  runs: 'A request that is refused here is not refused',
  blocked: 'A call that is allowed here fails',
  'preflight-blocked': 'A preflight that is allowed here fails',
  vary: 'Caches are not told what the answer depends on',
  embed: 'Other sites may embed it, or may not',
  expose: 'Scripts read other response headers',
  lifetime: 'Preflight answers are kept longer or shorter',
};

function element(name, text, ...children) {
  const e = document.createElement(name);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
}

function plural(n, noun) {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function difference(d) {
  const more = d.calls > 1 ? ` (and ${d.calls - 1} more)` : '';
  const command = element('pre', '', element('code', d.curl));
  command.tabIndex = 0;
  return element('li', '', element('p', '', element('strong', words[d.kind] ?? d.kind)),
    element('p', `${d.what}${more}`), element('p', `Here: ${d.want}`), element('p', `There: ${d.got}`), command);
}

function endpoint(e) {
  const made = e.skipped ? `not asked: ${e.skipped}` : `${plural(e.checks, 'check')}${e.not_tested ? `, ${e.not_tested} not tested` : ''}`;
  const mark = e.differences.length ? '⚠' : e.checks ? '✓' : '–';
  const head = element('h2', `${mark} ${e.endpoint}`);
  const section = element('section', '', head, element('p', made));
  if (e.differences.length) section.append(element('ul', '', ...e.differences.map(difference)));
  return section;
}

function summary(found) {
  const differing = found.endpoints.filter((e) => e.differences.length).length;
  const asked = plural(found.endpoints.length, 'endpoint');
  const text = differing ? `${differing} of ${asked} differ${differing === 1 ? 's' : ''} at ${found.address}.`
    : found.endpoints.some((e) => e.checks) ? `${asked} at ${found.address}: as it is in force here.` : `Nothing could be tested at ${found.address}.`;
  return element('p', text + (found.complete ? '' : ' The time was up before all were asked; check one endpoint, or use concors verify.'));
}

/** check makes the form ask. */
export function check(form) {
  const button = form.querySelector('button');
  const out = document.getElementById('checked');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    out.replaceChildren(element('p', 'Asking…'));
    try {
      const answer = await fetch('/api/v1/live', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ endpoint: form.dataset.endpoint ?? '' }),
      });
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.detail || found.title);
      const list = [...found.endpoints].sort((a, b) => b.differences.length - a.differences.length || a.endpoint.localeCompare(b.endpoint));
      out.replaceChildren(summary(found), ...list.map(endpoint));
    } catch (error) {
      out.replaceChildren(element('p', `It could not be asked: ${error.message}`));
    } finally {
      button.disabled = false;
    }
  });
}
