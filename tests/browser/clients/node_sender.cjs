/* A back end in Node: says who it is, then one event after another, as a user of the SDK writes it.
   node node_sender.cjs CLIENT URL WRITE_KEY SERVER_KEY COUNT PAUSE_MS GO
   The first half of the events begins when the file GO-0 is there, the second half with GO-1. */
"use strict";
const { existsSync } = require("node:fs");
const [client, url, writeKey, serverKey, count, pause, go] = process.argv.slice(2);
const email = `kim@${client}.io`;
const later = (ms) => new Promise((done) => { setTimeout(done, ms); });

const make = {
  "segment-node": () => {
    const { Analytics } = require("@segment/analytics-node");
    const sdk = new Analytics({ writeKey, host: url, path: "/v1/batch", flushAt: 3, flushInterval: 300 });
    sdk.on("error", (error) => console.error(error));
    return {
      identify: () => sdk.identify({ userId: client, traits: { email } }),
      track: (n) => sdk.track({ userId: client, event: "Case Study Viewed", properties: { asset: `asset-${n}` } }),
    };
  },
  "rudder-node": () => {
    const RudderAnalytics = require("@rudderstack/rudder-sdk-node");
    const errorHandler = (error) => console.error(error.message);
    const given = { dataPlaneUrl: url, flushAt: 3, flushInterval: 300, retryCount: 10, errorHandler };
    const sdk = new (RudderAnalytics.default || RudderAnalytics)(writeKey, given); /* it would give up after 1.4 s */
    return {
      identify: () => sdk.identify({ userId: client, traits: { email } }),
      track: (n) => sdk.track({ userId: client, event: "Case Study Viewed", properties: { asset: `asset-${n}` } }),
    };
  },
  "cloudevents-node": () => {
    const { CloudEvent, Mode, emitterFor, httpTransport } = require("cloudevents");
    const headers = { Authorization: `Bearer ${serverKey}` };
    const modes = [Mode.BINARY, Mode.STRUCTURED].map((mode) => emitterFor(httpTransport(`${url}/events`), { mode }));
    const emit = async (n, type, data) => {
      const event = new CloudEvent({ id: `${n}`, source: "/erp", type, subject: email, team: "Müller", data });
      for (;;) { /* it tries once, and says of an answer only its body */
        const answer = await modes[Math.abs(n) % 2](event, { headers }).catch(() => ({ body: "" }));
        if (answer.body.includes("accepted")) return;
        if (answer.body) console.error(answer.body);
        await later(300);
      }
    };
    return {
      identify: () => emit(-2, "lead.captured", { name: "Kim" }),
      track: (n) => emit(n, "engagement.recorded", { kind: "case_study", asset: `asset-${n}` }),
    };
  },
};

(async () => {
  const sdk = make[client]();
  await sdk.identify();
  const half = Number(count) / 2;
  for (let n = 0; n < 2 * half; n += 1) {
    while (!existsSync(`${go}-${n < half ? 0 : 1}`)) await later(50);
    await sdk.track(n);
    await later(Number(pause));
  }
  setInterval(() => {}, 1000); /* until it is ended: what is not answered yet is sent again */
})();
