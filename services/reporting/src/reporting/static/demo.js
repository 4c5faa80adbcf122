/* A small tracking snippet: says which page was seen, and tells the form who was looking. */
"use strict";
(() => {
  const me = document.currentScript.dataset;
  const keep = window.localStorage;
  const fresh = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const anonymousId = keep.getItem("tidewater_anonymous") || `anon-${fresh()}`;
  keep.setItem("tidewater_anonymous", anonymousId);
  const query = new URLSearchParams(location.search);
  for (const name of ["source", "medium", "campaign"]) {
    if (query.get(`utm_${name}`)) keep.setItem(`tidewater_${name}`, query.get(`utm_${name}`));
  }
  const campaign = Object.fromEntries(
    [["name", "campaign"], ["source", "source"], ["medium", "medium"]]
      .map(([as, name]) => [as, keep.getItem(`tidewater_${name}`)]).filter(([, value]) => value));
  const path = me.path || location.pathname;
  const page = { path, url: location.href, title: document.title, referrer: document.referrer };

  function send(route, body) {
    const text = JSON.stringify({
      writeKey: me.writeKey, messageId: fresh(), anonymousId, timestamp: new Date().toISOString(),
      context: { page, ...(Object.keys(campaign).length ? { campaign } : {}) }, ...body,
    });
    return fetch(`/v1/${route}`, {
      method: "POST", keepalive: true, body: text,
      headers: { "Content-Type": "application/json", Authorization: `Basic ${btoa(`${me.writeKey}:`)}` },
    }).catch(() => null);
  }

  if (me.event) send("t", { event: me.event, properties: { asset: me.asset, title: document.title } });
  else send("p", { name: document.title, properties: page });

  const known = document.querySelector("[name=anonymous_id]");
  if (known) known.value = anonymousId;
})();
