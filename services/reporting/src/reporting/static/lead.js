// What was done with the action bar shows once the house has taken it: the page is fetched anew with the next news, but
// not while a part of the bar is open or half typed; then when it is closed again.
let awaited = false;
let stale = false;
function renew() {
  const atWork = $("#acts details[open]") || all("#acts :is(textarea, input:not([type=hidden]))").some(typed);
  if (stale && !atWork) location.reload();
}
document.addEventListener("baton:sent", () => { awaited = true; });
live?.addEventListener("news", () => { stale = awaited; renew(); });
document.addEventListener("toggle", renew, true);
