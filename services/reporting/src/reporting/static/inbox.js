/* The inbox: which lead is picked, the pane that follows, and rows that leave at once and come back when an answer did
   not count. The server draws everything; a refresh changes only what it says anew, never what is picked, open or typed. */
"use strict";

(() => {
  const inbox = document.querySelector("#inbox");
  if (!inbox) return;
  const left = document.querySelector("#left");
  const pane = document.querySelector("#pane");
  const body = document.querySelector("#pane-body");
  const narrow = matchMedia("(max-width: 760px)");
  const STILL = 30_000;
  const gone = new Map(); /* lead: the version of its row when it left */
  const whys = new Map(); /* lead: why it is back */
  const panes = new Map(); /* address: promise of the pane's HTML */
  let picked = inbox.dataset.picked;
  let served = "";
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  const list = () => left.querySelector("#list");
  const all = () => [...left.querySelectorAll("[data-row]")];
  const rows = () => all().filter((row) => !row.hidden);
  const row = (lead) => all().find((one) => one.dataset.lead === lead);
  const part = (address, name) => { const at = new URL(address, location.href); at.searchParams.set("part", name); return at.pathname + at.search; };
  const fetched = async (address) => {
    const reply = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!reply.ok || reply.redirected) throw new Error(`the house answered ${reply.status}`);
    return reply.text();
  };

  /* what is picked, and what has left */
  function draw() {
    const short = {};
    for (const one of all()) {
      const { lead, version } = one.dataset;
      if (gone.has(lead) && gone.get(lead) !== version) gone.delete(lead);
      one.hidden = gone.has(lead);
      one.toggleAttribute("data-picked", lead === picked);
      const link = one.querySelector("a");
      if (lead === picked) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      let why = one.querySelector(".why");
      if (whys.has(lead) && !why) { why = document.createElement("span"); why.className = "why"; one.append(why); }
      if (why) why.textContent = whys.get(lead) || "";
    }
    const here = list().dataset.view;
    short[here] = all().filter((one) => one.hidden).length;
    for (const tab of left.querySelectorAll("#tabs a")) tab.querySelector("b").textContent = Math.max(0, tab.dataset.count - (short[tab.dataset.view] || 0)).toLocaleString("en");
    const none = left.querySelector("#nothing");
    if (rows().length || !all().length) { if (none) none.remove(); } else if (!none) {
      const made = document.createElement("li");
      made.id = "nothing";
      made.className = "none";
      made.append(Object.assign(document.createElement("b"), { textContent: "Inbox zero" }), document.createElement("br"), "All of these are answered.");
      list().append(made);
    }
  }

  /* the pane */
  function load(one) {
    const address = part(one.querySelector("a").href, "pane");
    if (!panes.has(address)) panes.set(address, fetched(address).catch((error) => { panes.delete(address); throw error; }));
    return panes.get(address);
  }
  function show(html) {
    body.innerHTML = html;
    const shown = body.querySelector(".pane");
    inbox.dataset.picked = shown ? shown.dataset.lead : "";
  }
  async function pick(one, { focus = true, opens = inbox.hasAttribute("data-opened") } = {}) {
    picked = one ? one.dataset.lead : "";
    draw();
    if (!one) {
      pane.removeAttribute("data-loading");
      body.innerHTML = '<p class="nobody">Nobody is left here.</p>';
      inbox.removeAttribute("data-opened");
      history.replaceState(null, "", list().dataset.address);
      document.dispatchEvent(new CustomEvent("baton:pane"));
      return;
    }
    const link = one.querySelector("a");
    inbox.toggleAttribute("data-opened", opens);
    history.replaceState(null, "", link.href);
    if (focus) link.focus({ preventScroll: true });
    one.scrollIntoView({ block: "nearest" });
    const standing = body.querySelector(".pane");
    pane.toggleAttribute("data-loading", !standing || standing.dataset.lead !== picked);
    try {
      if (pane.hasAttribute("data-loading")) {
        const html = await load(one);
        if (picked !== one.dataset.lead) return;
        show(html);
      }
      if (narrow.matches) scrollTo(0, 0);
    } catch { location.href = link.href; return; }
    pane.removeAttribute("data-loading");
    document.dispatchEvent(new CustomEvent("baton:pane"));
    const shown = rows();
    const at = shown.indexOf(one);
    for (const near of [shown[at + 1], shown[at + 2], shown[at - 1]]) if (near) load(near).catch(() => {});
  }
  function step(by) {
    const shown = rows();
    if (!shown.length) return;
    const at = shown.findIndex((one) => one.dataset.lead === picked);
    pick(shown[Math.min(Math.max(at + by, 0), shown.length - 1)]);
  }

  /* what was done: the row leaves, the next one is picked */
  document.addEventListener("baton:act", ({ detail }) => {
    const one = row(detail.lead);
    whys.delete(detail.lead);
    panes.clear();
    if (!one) return;
    const shown = rows();
    const at = shown.indexOf(one);
    const leaves = ["answer", "call"].includes(list().dataset.view) || ["rejected", "disqualified", "snoozed"].includes(detail.type);
    if (leaves) gone.set(detail.lead, one.dataset.version); else one.setAttribute("data-held", "");
    const next = shown[at + 1] || (leaves ? shown[at - 1] : one);
    if (detail.lead === picked) pick(next || null, { opens: inbox.hasAttribute("data-opened") && Boolean(next) }); else draw();
  });
  function back({ detail }) {
    panes.clear();
    gone.delete(detail.lead);
    if (detail.why) whys.set(detail.lead, `${detail.words}: ${detail.why}`);
    const one = row(detail.lead);
    if (one) { one.hidden = false; one.removeAttribute("data-held"); }
    draw();
    return one;
  }
  document.addEventListener("baton:undone", (event) => { const one = back(event); if (one) pick(one); });
  document.addEventListener("baton:refused", (event) => { if (back(event) && !picked) pick(row(event.detail.lead)); });
  document.addEventListener("baton:ignored", (event) => { back(event); refresh(); });
  document.addEventListener("baton:sent", ({ detail }) => {
    const one = row(detail.lead);
    if (one) one.removeAttribute("data-held");
    setTimeout(refresh, 1000);
    setTimeout(refresh, 3000);
    setTimeout(() => { if (gone.delete(detail.lead)) draw(); }, STILL);
  });

  /* news: the list and the pane say what is so now */
  function renew(fresh) {
    const kept = document.activeElement;
    const held = new Set(all().filter((one) => one.hasAttribute("data-held")).map((one) => one.dataset.lead));
    const focused = kept && left.contains(kept) ? kept.closest("[data-row]") : null;
    left.replaceChildren(...fresh.body.childNodes);
    for (const one of all()) if (held.has(one.dataset.lead)) one.setAttribute("data-held", "");
    const [waiting, waits] = [document.querySelector("#waiting"), left.querySelector("#waiting-now")];
    if (waiting && waits) waiting.innerHTML = waits.innerHTML;
    draw();
    const again = focused && row(focused.dataset.lead);
    if (again) again.querySelector("a").focus({ preventScroll: true });
  }
  function renewPane(fresh) {
    for (const one of body.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(one.id);
      if (!other) { one.remove(); continue; }
      if (one.dataset.served === other.innerHTML || (!one.dataset.served && one.innerHTML === other.innerHTML)) continue;
      one.dataset.served = other.innerHTML;
      if (!one.contains(document.activeElement) || one.matches("details")) one.innerHTML = other.innerHTML;
    }
    const bar = body.querySelector("[data-acts]");
    const newer = fresh.querySelector("[data-acts]");
    if (bar && newer && bar.dataset.state === newer.dataset.state) return;
    if (bar && bar.querySelector("details[open]")) return;
    if (bar) bar.remove();
    if (newer) body.append(newer);
  }
  let busy = false;
  let again = false;
  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const html = await fetched(part(list().dataset.address, "list"));
      if (html !== served) { served = html; renew(parse(html)); }
      panes.clear();
      const one = row(picked);
      const loading = pane.hasAttribute("data-loading");
      if (picked && !loading) {
        const address = one ? one.querySelector("a").href : `/inbox?lead=${encodeURIComponent(picked)}`;
        const asked = picked;
        const fresh = parse(await fetched(part(address, "pane")));
        if (asked === picked && !pane.hasAttribute("data-loading")) renewPane(fresh);
      } else if (!picked && rows().length) pick(rows()[0], { focus: false });
    } catch { /* away for a moment: the next news comes */ }
    busy = false;
    inbox.dataset.refreshed = String(Number(inbox.dataset.refreshed || 0) + 1);
    if (again) { again = false; refresh(); }
  }
  const live = document.querySelector("#live");
  if (live) live.addEventListener("news", refresh);

  /* keys and clicks */
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
    if (event.target.matches("input, select, textarea")) return;
    const goes = before === "g";
    before = event.key;
    if (goes) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "Enter" && picked && (event.target === document.body || left.contains(event.target))) location.href = `/leads/${encodeURIComponent(picked)}`;
    else return;
    event.preventDefault();
  });
  left.addEventListener("click", (event) => {
    const link = event.target.closest("[data-row] > a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    pick(link.closest("[data-row]"), { opens: true });
  });
  pane.addEventListener("click", (event) => {
    const link = event.target.closest("[data-back]");
    if (!link) return;
    event.preventDefault();
    inbox.removeAttribute("data-opened");
    history.replaceState(null, "", list().dataset.address);
  });
  const first = row(picked);
  draw();
  if (first) for (const near of rows().slice(0, 3)) if (near !== first) load(near).catch(() => {});
})();
