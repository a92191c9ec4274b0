// The link that is printed at the first start carries the token behind #, where
// it is in no log. It is sent as the form would.
export function signIn(form) {
  function take() {
    const match = /^#token=(.+)$/.exec(location.hash);
    if (!match) return;
    history.replaceState(null, '', location.pathname + location.search);
    form.elements.token.value = decodeURIComponent(match[1]);
    form.requestSubmit();
  }
  window.addEventListener('hashchange', take); // the link was opened on this very page
  take();
}

// Whoever opens that link while signed in is led on by the server with an empty
// fragment. Neither that nor, whatever happened, a token stays in the address.
export function forgetToken() {
  if (location.href.includes('#') && /^(#token=.*)?$/.test(location.hash)) {
    history.replaceState(null, '', location.pathname + location.search);
  }
}
