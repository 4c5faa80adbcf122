/* Keys, answers, and the light that says whether the page is live. Everything else is HTML. */
"use strict";

const $ = (selector, from = document) => from.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];

/* live */
const live = $("#live");
let fresh = null;
function light(state, words) {
  if (!live) return;
  live.dataset.state = state;
  if (live.textContent !== words) live.textContent = words;
}
function age() {
  if (fresh === null) return;
  const seconds = Math.round((Date.now() - fresh) / 1000);
  const words = seconds < 5 ? "just now" : seconds < 90 ? `${seconds - (seconds % 5)} s ago` : `${Math.round(seconds / 60)} min ago`;
  light("live", `Live · updated ${words}`);
}
if (live) {
  live.addEventListener("hello", () => { fresh = Date.now(); age(); });
  live.addEventListener("news", () => { fresh = Date.now(); age(); });
  for (const name of ["htmx:sse:error", "htmx:sse:close"]) {
    live.addEventListener(name, () => { fresh = null; light("lost", "Reconnecting…"); });
  }
  setInterval(age, 1000);
}

/* words at the foot of the page */
let quiet = 0;
function toast(words) {
  $("#toast").textContent = words;
  clearTimeout(quiet);
  quiet = setTimeout(() => { $("#toast").textContent = ""; }, 6000);
}

/* answers go in through the front door */
async function answer(item, fact) {
  item.setAttribute("aria-busy", "true");
  const { lead, assignment, by, name } = item.dataset;
  const id = `web-${assignment}-${fact.type}-${Date.now()}`;
  try {
    const reply = await fetch("/sales", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ lead, assignment, by, id, ...fact }),
    });
    if (!reply.ok) {
      const problem = await reply.json().catch(() => ({}));
      throw new Error(problem.detail || `the house answered ${reply.status}`);
    }
    toast("Sent …");
    toast(await outcome(lead, assignment, fact.type, name));
  } catch (error) {
    item.removeAttribute("aria-busy");
    toast(`Not saved: ${error.message}`);
  }
}

/* Whether an answer still counts is decided behind the door; the one who answered is told. */
async function outcome(lead, assignment, type, name) {
  for (let tries = 0; tries < 8; tries += 1) {
    await new Promise((done) => { setTimeout(done, 250 + 150 * tries); });
    const reply = await fetch(`/api/leads/${encodeURIComponent(lead)}`);
    if (!reply.ok) continue;
    const { assignments, timeline } = await reply.json();
    const offer = assignments.find((one) => one.id === assignment);
    if (offer && offer.answer === "accepted" && type === "accepted") return `${name} is yours. Good luck!`;
    if (offer && offer.answer && offer.answer !== "accepted" && type === "rejected") return `${name} goes back, with your reason.`;
    const ignored = timeline.find((one) => one.type.startsWith("answer.ignored"));
    if (ignored && offer && offer.answer) return ignored.text;
  }
  return "Your answer is kept; the list follows.";
}

/* an item of the review list is ticked */
async function review(button) {
  button.disabled = true;
  const item = button.dataset.review;
  const reply = await fetch("/sales", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ type: "reviewed", item, id: `web-${item}-reviewed` }),
  });
  if (reply.ok) { button.closest("tr").remove(); toast("Ticked."); return; }
  button.disabled = false;
  toast(`Not saved: the house answered ${reply.status}`);
}

let rejecting = null;
function reject(item) {
  const dialog = $("#reject");
  rejecting = item;
  $("[data-name]", dialog).textContent = item.dataset.name;
  $("form", dialog).reset();
  dialog.showModal();
}

async function read(id) {
  const dialog = $("#notice");
  const shown = $("[data-text]", dialog);
  shown.textContent = "…";
  dialog.showModal();
  const reply = await fetch(`/api/outbox/${encodeURIComponent(id)}`);
  const notice = await reply.json().catch(() => ({}));
  if (notice.subject) $("h2", dialog).textContent = notice.subject;
  shown.textContent = reply.ok
    ? notice.text || JSON.stringify(notice.body || notice, null, 2)
    : notice.detail || `the house answered ${reply.status}`;
}

/* what the door turned away: it alone knows, so the page asks it */
function make(tag, words, ...inner) {
  const made = document.createElement(tag);
  if (words !== undefined && words !== null) made.textContent = words;
  made.append(...inner);
  return made;
}
function table(titles, rows) {
  const heads = titles.map((title) => Object.assign(make("th", title), { scope: "col" }));
  const whole = make("table", null, make("thead", null, make("tr", null, ...heads)), make("tbody", null, ...rows));
  const scroll = Object.assign(make("div", null, whole), { className: "scroll", tabIndex: 0 });
  return scroll;
}
function decider(kind, id, act, words) {
  const button = Object.assign(make("button", words), { type: "button", className: "quiet" });
  Object.assign(button.dataset, { decide: `/api/${kind}/${id}/${act}` });
  return button;
}
function whom(content) {
  if (!content || typeof content !== "object") return content || "–";
  const { fields = {}, traits = {}, context = {} } = content;
  const person = { ...content, ...(context.traits || {}), ...traits, ...fields };
  const name = person.name && person.name !== content.name ? person.name : `${person.first_name || ""} ${person.last_name || ""}`.trim();
  return [name, person.email, person.company && (person.company.name || person.company), person.event].filter(Boolean).join(", ") || "–";
}
async function turnedAway(place) {
  const kind = place.dataset.turnedAway;
  const reply = await fetch(`/api/${kind}?limit=20`).catch(() => null);
  if (!reply || !reply.ok) { place.replaceChildren(make("p", "The door does not answer.")); return; }
  const { items, counts } = await reply.json();
  if (!counts.length) { place.replaceChildren(Object.assign(make("p", place.dataset.none), { className: "soft" })); return; }
  const when = (at) => new Date(at).toLocaleString();
  const totals = counts.map((one) => make("tr", null, make("td", one.what), make("td", one.reason), make("td", one.source), Object.assign(make("td", one.count), { className: "num" }), make("td", when(one.last_at))));
  const rows = items.map((one) => make("tr", null, make("td", when(one.at)), make("td", one.source), make("td", one.reason), make("td", whom(one.content)), make("td", null, ...(kind === "spam" ? [decider(kind, one.id, "release", "Release"), " "] : []), decider(kind, one.id, "drop", "Drop"))));
  place.replaceChildren(table(["What", "Reason", "Source", "Count", "Last"], totals), ...(rows.length ? [table(["At", "Source", "Reason", "Whom", "Decide"], rows)] : []));
}
const turnedAwayAll = () => all("[data-turned-away]").forEach(turnedAway);
function decision({ dataset, parentElement }) {
  if (!dataset.takes) return dataset.body;
  const { value } = parentElement.querySelector(`[data-field="${dataset.takes}"]`);
  return JSON.stringify({ ...JSON.parse(dataset.body), [dataset.takes]: value.trim() });
}
async function decide(button) {
  button.disabled = true;
  const body = decision(button);
  const reply = await fetch(button.dataset.decide, { method: "POST", ...(body ? { body, headers: { "Content-Type": "application/json" } } : {}) });
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) toast(`Not done: ${answer.detail || `the house answered ${reply.status}`}`);
  else if (answer.duplicates) toast("It was here already.");
  else if (body) toast("Decided: the lists follow.");
  else toast(answer.state === "dropped" ? "Dropped." : "Released: it is on its way.");
  button.disabled = reply.ok;
  turnedAwayAll();
}
turnedAwayAll();
document.addEventListener("htmx:after:swap", turnedAwayAll);

document.addEventListener("click", (event) => {
  const target = event.target.closest("button");
  if (!target) return;
  if (target.dataset.decide) decide(target);
  if (target.dataset.review) review(target);
  const item = target.closest("[data-work]");
  if (target.hasAttribute("data-accept")) answer(item, { type: "accepted" });
  if (target.hasAttribute("data-reject")) reject(item);
  if (target.hasAttribute("data-close")) target.closest("dialog").close();
  if (target.dataset.notice) read(target.dataset.notice);
});
/* the survey of a deal: a fact for each of its contacts */
async function survey(form) {
  const { deal, outcome: ended, by, leads } = form.dataset;
  const fact = { type: "survey", deal, outcome: ended, ...(by ? { by } : {}) };
  for (const field of form.elements) {
    const words = (field.value || "").trim();
    if (!field.name || !words) continue;
    if (field.hasAttribute("data-lines")) fact[field.name] = words.split("\n").map((one) => one.trim()).filter(Boolean);
    else fact[field.name] = field.hasAttribute("data-yes-no") ? words === "yes" : words;
  }
  const facts = leads.split(" ").filter(Boolean).map((lead) => ({ ...fact, lead, id: `web-survey-${deal}-${lead}-${Date.now()}` }));
  const reply = await fetch("/sales", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(facts) });
  const problem = reply.ok ? {} : await reply.json().catch(() => ({}));
  toast(reply.ok ? "Thank you. Both teams read it." : `Not saved: ${problem.detail || `the house answered ${reply.status}`}`);
}
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-survey]")) return;
  event.preventDefault();
  survey(event.target);
});

document.addEventListener("submit", (event) => {
  if (!event.target.closest("#reject")) return;
  const given = new FormData(event.target);
  const note = given.get("note").trim();
  const chosen = $("input[name=reason]:checked", event.target);
  if (chosen.hasAttribute("data-needs-note") && !note) {
    event.preventDefault();
    $("textarea", event.target).focus();
    toast("Please say why: this reason needs a note.");
    return;
  }
  const named = { merge: "record", reroute: "region" }[chosen.dataset.then];
  const value = named && given.get(named).trim();
  answer(rejecting, { type: "rejected", reason: given.get("reason"), ...(note ? { note } : {}), ...(value ? { [named]: value } : {}) });
});
document.addEventListener("change", (event) => {
  if (event.target.hasAttribute("data-submit")) event.target.form.requestSubmit();
});

/* keys */
let before = "";
function pick(step) {
  const items = all("[data-work]");
  if (!items.length) return;
  const at = items.findIndex((item) => item.hasAttribute("data-picked"));
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  items.forEach((item) => item.removeAttribute("data-picked"));
  next.setAttribute("data-picked", "");
  next.focus();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.target.matches("input, select, textarea")) return;
  const picked = $("[data-work][data-picked]");
  const pair = before + event.key;
  before = event.key === "g" ? "g" : "";
  const go = { gd: "/", gi: "/inbox", gl: "/leads", gp: "/pools", ga: "/agreement", go: "/operations" }[pair];
  if (go) location.href = go;
  else if (event.key === "j") pick(1);
  else if (event.key === "k") pick(-1);
  else if (event.key === "a" && picked && $("[data-accept]", picked)) answer(picked, { type: "accepted" });
  else if (event.key === "r" && picked && $("[data-reject]", picked)) { event.preventDefault(); reject(picked); }
  else if (event.key === "/") {
    event.preventDefault();
    const search = $("[data-search]");
    if (search) search.focus();
    else location.href = "/leads";
  }
});
