/* The action bar: its forms send a fact after a while in which it can be undone, and its keys press them. Without this
   script they are plain forms. What is held back is sent when the page is left, and again by the next page: the door knows
   a fact by its id. See templates/actions.html for the events that other scripts hear. */
"use strict";

(() => {
  const KEPT = "baton.held";
  const SAID = "baton.said";
  const SAYS = 8000;
  const AGAIN = [1000, 3000, 8000];
  const LOOKS = [400, 800, 1500, 2500];
  const held = [];
  let sending = Promise.resolve();
  let number = 0;

  /* words at the foot of the page, said aloud, with a button that undoes */
  const place = document.createElement("div");
  const words = document.createElement("span");
  const button = document.createElement("button");
  place.className = "acted";
  words.setAttribute("role", "status");
  button.type = "button";
  button.innerHTML = "Undo <kbd>z</kbd>";
  button.hidden = true;
  place.append(words, button);
  document.body.append(place);
  let quiet = 0;
  function say(text, undoes = false, until = Date.now() + SAYS) {
    words.textContent = text;
    button.hidden = !undoes;
    clearTimeout(quiet);
    if (!undoes) quiet = setTimeout(() => { words.textContent = ""; }, until - Date.now());
    try { sessionStorage.setItem(SAID, JSON.stringify({ text, until })); } catch { /* private mode: said here only */ }
  }

  function tell(event, fact, why) {
    const { lead, name, type, id } = fact;
    document.dispatchEvent(new CustomEvent(`baton:${event}`, { detail: { lead, name, type, id, words: fact.words, why } }));
  }
  function keep() {
    const left = [...held, ...underway].map(({ timer, flies, ...fact }) => fact);
    try { sessionStorage.setItem(KEPT, JSON.stringify(left)); } catch { /* private mode: leaving sends it all the same */ }
  }
  const underway = new Set();

  function act(form, submitter) {
    const bar = form.closest("[data-acts]");
    const fields = new URLSearchParams(new FormData(form, submitter));
    const reason = form.querySelector("input[name=reason]:checked");
    const said = (submitter && submitter.dataset.words) || form.dataset.words;
    number += 1;
    const { lead, name, hold } = bar.dataset;
    const fact = {
      lead, name, type: fields.get("type"), id: `web-${lead}-${fields.get("type")}-${Date.now()}-${number}`,
      words: reason ? `${said}: ${reason.closest("label").querySelector("span").textContent}` : said, ignored: bar.dataset.ignored || "",
    };
    fact.same = `${lead} ${fields}`;
    fields.set("id", fact.id);
    fact.body = fields.toString();
    shut(bar);
    form.reset();
    if (held.some((one) => one.same === fact.same)) return; /* the same, before it could be undone: pressed twice */
    const wait = Number(hold) * 1000;
    held.push(fact);
    keep();
    say(`${fact.words} · ${name}`, wait > 0);
    fact.timer = setTimeout(release, wait, fact);
    tell("act", fact);
  }
  function release(fact) {
    const at = held.indexOf(fact);
    if (at < 0) return;
    held.splice(at, 1);
    underway.add(fact);
    if (!held.length) { button.hidden = true; if (words.textContent.startsWith(fact.words)) say(""); }
    sending = sending.then(() => send(fact));
  }
  function undo() {
    const fact = held.pop();
    if (!fact) return;
    clearTimeout(fact.timer);
    keep();
    const before = held.at(-1);
    say(`Undone: ${fact.words} · ${fact.name}`, Boolean(before));
    tell("undone", fact);
  }
  const post = (fact) => fetch("/sales", {
    method: "POST", body: new URLSearchParams(fact.body), headers: { Accept: "application/json" }, keepalive: true,
  });
  async function send(fact, tries = 0) {
    let reply = null;
    fact.flies = true;
    try { reply = await post(fact); } catch { /* away: again below */ }
    fact.flies = false;
    if (!reply || reply.status === 429 || reply.status >= 500) {
      if (tries < AGAIN.length) {
        await new Promise((done) => { setTimeout(done, AGAIN[tries]); });
        return send(fact, tries + 1);
      }
    }
    underway.delete(fact);
    keep();
    if (reply && reply.ok) { tell("sent", fact); look(fact); return undefined; }
    const problem = reply ? await reply.json().catch(() => ({})) : { detail: "the house does not answer" };
    const why = problem.detail || `the house answered ${reply.status}`;
    say(`Not saved: ${fact.words} · ${fact.name}. ${why}`);
    tell("refused", fact, why);
    return undefined;
  }
  /* Whether an answer still counts is decided behind the door; the one who answered is told. */
  async function look(fact) {
    for (const wait of LOOKS) {
      await new Promise((done) => { setTimeout(done, wait); });
      const reply = await fetch(`/inbox?part=answers&sent=${encodeURIComponent(fact.lead)}`).catch(() => null);
      if (!reply || !reply.ok) continue;
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const line = page.querySelector("[data-event]");
      if (!line || line.dataset.event === fact.ignored) continue;
      const bar = document.querySelector("[data-acts]");
      if (bar && bar.dataset.lead === fact.lead) bar.dataset.ignored = line.dataset.event;
      say(`It does not count: ${fact.words} · ${fact.name}. ${line.textContent}`);
      tell("ignored", fact, line.textContent);
      return;
    }
  }
  /* Also what waits for its turn or for the house leaves now: the page may never come back. Where it does, each is sent
     until it is in, and who did it is told what did not. */
  function leave() {
    const waiting = [...underway].filter((fact) => !fact.flies);
    for (const fact of held.splice(0)) {
      clearTimeout(fact.timer);
      underway.add(fact);
      send(fact);
    }
    for (const fact of waiting) post(fact).catch(() => {});
    keep();
    button.hidden = true;
  }
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  try { /* a page that was fetched anew goes on saying what the one before said */
    const { text, until } = JSON.parse(sessionStorage.getItem(SAID) || "{}");
    if (until > Date.now()) say(text, false, until);
  } catch { /* nothing was kept */ }
  try {
    for (const fact of JSON.parse(sessionStorage.getItem(KEPT) || "[]")) {
      underway.add(fact);
      say(`${fact.words} · ${fact.name}`); /* a page that was fetched anew has not forgotten */
      sending = sending.then(() => send(fact));
    }
  } catch { /* nothing was kept */ }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form) return;
    event.preventDefault();
    const chosen = form.querySelector("input[name=reason]:checked");
    const note = form.elements.note;
    if (chosen && chosen.hasAttribute("data-note") && note && !note.value.trim()) {
      note.focus();
      say("Please say why: this reason needs a note.");
      return;
    }
    act(form, event.submitter);
  });
  button.addEventListener("click", undo);

  /* keys */
  function shut(bar) {
    const open = [...bar.querySelectorAll("details[open]")];
    open.forEach((one) => { one.open = false; });
    return open.length > 0;
  }
  function press(target) {
    if (target.matches("button")) { target.click(); return; }
    const sheet = target.closest("details");
    const opens = target !== sheet || !sheet.open;
    shut(target.closest("[data-acts]"));
    sheet.open = opens;
    if (!opens) return;
    const field = target === sheet ? sheet.querySelector("form input:not([type=hidden]), form button") : target;
    (field || sheet.querySelector("summary")).focus();
  }
  function count(bar, key) {
    const target = bar.querySelector(`details[open] [data-number="${key}"]`);
    if (!target) return false;
    if (target.matches("button")) { target.click(); return true; }
    target.checked = true;
    if (target.hasAttribute("data-note")) target.form.elements.note.focus();
    else target.form.requestSubmit();
    return true;
  }
  const typed = [];
  let before = "";
  function key(name) {
    const bar = document.querySelector("[data-acts]");
    if (name === "z") { undo(); return true; }
    if (!bar) return false;
    if (/^[1-9]$/.test(name)) return count(bar, name);
    const target = /^[a-z]$/.test(name) ? bar.querySelector(`[data-key="${name}"]`) : null;
    if (target) press(target);
    return Boolean(target);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form[data-act]");
      if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("button")); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
    const bar = document.querySelector("[data-acts]");
    if (event.key === "Escape" && bar && shut(bar)) {
      event.stopImmediatePropagation();
      document.activeElement.blur();
      return;
    }
    if (event.target.matches("select, textarea, input:not([type=radio], [type=checkbox])")) return;
    const goes = before === "g";
    before = event.key;
    if (goes) return;
    if (document.querySelector("[data-acts-place][data-loading]") && /^[a-z1-9]$/.test(event.key) && !"gjktz".includes(event.key)) {
      typed.push(event.key);
      event.preventDefault();
      return;
    }
    if (key(event.key)) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
  document.addEventListener("baton:pane", () => {
    while (typed.length && !document.querySelector("[data-acts-place][data-loading]")) key(typed.shift());
  });
})();
