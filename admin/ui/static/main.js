// Every page works without this. Each part below makes one thing quicker, and
// starts only where the page has it.
import { signIn, forgetToken } from './signin.js';
import { list } from './list.js';
import { editor } from './editor.js';
import { check } from './check.js';
import { feed, watchState } from './feed.js';

const parts = { signin: signIn, search: list, editor, check, feed };
for (const [name, start] of Object.entries(parts)) {
  for (const element of document.querySelectorAll(`[data-${name}]`)) start(element);
}
if (!document.querySelector('[data-signin]')) forgetToken();
watchState();
