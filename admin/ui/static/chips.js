// A field of several values: a text area for everybody, chips here. The text
// area stays in the form and says what the chips say.

/** split takes a text apart as the server does. */
export const split = (text) => text.split(/[\s,;\u200b\ufeff]+/).filter(Boolean);

const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

export function chips(field) {
  const area = field.querySelector('textarea');
  const name = field.dataset.chips;
  const label = field.querySelector('label');
  const listed = make('ul', {});
  listed.setAttribute('aria-label', label.textContent);
  const input = make('input', { type: 'text', id: `${name}-input`, autocomplete: 'off', spellcheck: false });
  input.setAttribute('autocapitalize', 'off');
  input.setAttribute('aria-describedby', area.getAttribute('aria-describedby'));
  const box = make('div', { className: 'chips' }, listed, input);
  const told = make('p', { className: 'sr' });
  told.setAttribute('role', 'status');
  area.classList.add('behind');
  label.htmlFor = input.id;
  area.before(box);
  field.append(told);

  let values = split(area.value);

  function changed() {
    area.value = values.join('\n');
    draw();
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function draw() {
    listed.replaceChildren(...values.map((value, i) => {
      const text = make('button', { type: 'button', className: 'text', tabIndex: -1, textContent: value, title: 'Edit' });
      const remove = make('button', { type: 'button', className: 'remove', tabIndex: i === values.length - 1 ? 0 : -1, textContent: '×' });
      text.setAttribute('aria-label', `Edit ${value}`);
      remove.setAttribute('aria-label', `Remove ${value}`);
      text.addEventListener('click', () => edit(i));
      remove.addEventListener('click', () => drop(i));
      return make('li', { className: 'chip' }, text, remove);
    }));
    input.placeholder = values.length ? 'type or paste…' : area.placeholder;
    mark();
  }

  // mark shows at the chips what the server found.
  function mark() {
    const found = field.querySelectorAll('[data-issues] [data-index]');
    [...listed.children].forEach((chip, i) => {
      const own = [...found].filter((issue) => Number(issue.dataset.index) === i);
      const wrong = own.some((issue) => !('warning' in issue.dataset));
      chip.classList.toggle('wrong', wrong);
      chip.classList.toggle('doubtful', own.length > 0 && !wrong);
      chip.querySelector('.mark')?.remove();
      if (own.length) {
        const sign = make('span', { className: 'mark', textContent: wrong ? '⚠' : '!' });
        sign.setAttribute('role', 'img');
        sign.setAttribute('aria-label', wrong ? 'needs a correction' : 'has a warning');
        chip.prepend(sign);
      }
    });
    input.setAttribute('aria-invalid', String([...found].some((issue) => !('warning' in issue.dataset))));
  }

  function add(text) {
    const fresh = split(text).filter((value) => !values.includes(value));
    input.value = '';
    if (!split(text).length) return;
    values.push(...fresh);
    told.textContent = fresh.length === 1 ? `${fresh[0]} added` : `${fresh.length} added`;
    changed();
    box.scrollTop = box.scrollHeight;
  }

  function drop(i) {
    const [gone] = values.splice(i, 1);
    told.textContent = `${gone} removed`;
    changed();
    const next = listed.children[Math.min(i, values.length - 1)];
    (next ? next.querySelector('.remove') : input).focus();
  }

  function edit(i) {
    add(input.value);
    const [value] = values.splice(i, 1);
    changed();
    input.value = value;
    input.focus();
    input.select();
  }

  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
    if (event.key === 'Enter') {
      event.preventDefault();
      add(input.value);
    } else if ((event.key === ',' || event.key === ' ' || event.key === ';') && input.value.trim()) {
      event.preventDefault();
      add(input.value);
    } else if (event.key === 'Backspace' && atStart && values.length) {
      event.preventDefault();
      edit(values.length - 1);
    } else if (event.key === 'ArrowLeft' && atStart && values.length) {
      event.preventDefault();
      listed.lastElementChild.querySelector('.remove').focus();
    } else if (event.key === 'Escape' && input.value) {
      input.value = '';
    }
  });
  input.addEventListener('paste', (event) => {
    const text = event.clipboardData.getData('text');
    if (split(text).length < 2 && !/[\s,;]$/.test(text)) return; // a single value may still be edited
    event.preventDefault();
    add(`${input.value.slice(0, input.selectionStart)}${text}${input.value.slice(input.selectionEnd)}`);
  });
  input.addEventListener('blur', () => add(input.value));
  listed.addEventListener('keydown', (event) => {
    const at = [...listed.children].indexOf(event.target.closest('li'));
    const focus = (i) => (i >= values.length ? input : listed.children[Math.max(0, i)].querySelector('.remove')).focus();
    const act = {
      ArrowLeft: () => focus(at - 1), ArrowRight: () => focus(at + 1),
      Home: () => focus(0), End: () => focus(values.length),
      Delete: () => drop(at), Backspace: () => drop(at), F2: () => edit(at),
    }[event.key];
    if (at < 0 || !act) return;
    event.preventDefault();
    act();
  });
  box.addEventListener('click', (event) => {
    if (event.target === box || event.target === listed) input.focus();
  });
  document.addEventListener('shown', mark);
  draw();

  return {
    name,
    commit: () => add(input.value),
    repair(i, value) {
      if (value) values[i] = value;
      else values.splice(i, 1);
      values = values.filter((v, k) => values.indexOf(v) === k);
      changed();
      input.focus();
    },
  };
}
