import assert from "node:assert/strict";
import { test } from "node:test";

import { type Session, SessionClient, UNREACHABLE } from "../src/session/client.ts";
import { loginPage, nextPage } from "../src/session/next.ts";
import { hasQueues, topicsOf } from "../src/session/view.ts";

const ORIGIN = "https://hotline.example:8600";
const HOME = `${ORIGIN}/wallboard`;
const SESSION = { name: "user:lin", csrf_token: "3f1c" } as unknown as Session;

for (const [wish, page] of [
  ["/wallboard?lang=zh", "/wallboard?lang=zh"],
  ["/wallboard#lang=zh", "/wallboard#lang=zh"],
  ["/desk/", "/desk/"],
  ["/loginless", "/loginless"],
  ["/", "/"],
] as const) {
  test(`the page ${wish} of ours is gone on to`, () => assert.equal(nextPage(wish, ORIGIN), ORIGIN + page));
}

for (const wish of [
  ...[null, "", "wallboard", "https://evil.example/", `${ORIGIN}/wallboard`, "javascript:alert(1)", "data:text/html,x"],
  ...["//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example"],
  ...["//hotline.example:8600@evil.example", "//[", " //evil.example", "/login", "/login?next=/x", "/login/sign-on"],
  ...["/api/v1/session", "/x/../login", "/./api/x", "//hotline.example"],
]) {
  test(`${JSON.stringify(wish)} is no page to go on to`, () => assert.equal(nextPage(wish, ORIGIN), HOME));
}

for (const wish of ["/.//evil.example", "/x/..//evil.example", "/%2F/evil.example", "/@evil.example", "/%5Cevil.example"]) {
  test(`${wish} stays with us`, () => assert.equal(new URL(nextPage(wish, ORIGIN)).origin, ORIGIN));
}

test("the log-in comes back to the page that it was asked for on", () =>
  assert.equal(loginPage("/wallboard?lang=zh"), "/login?next=%2Fwallboard%3Flang%3Dzh"));

/** A client, and what it sends; the service answers this. */
function talking(status: number, told: unknown, headers: Record<string, string> = {}) {
  const sent: { url: string; init: RequestInit }[] = [];
  const client = new SessionClient((url, init = {}) => {
    sent.push({ url: String(url), init });
    return Promise.resolve(new Response(JSON.stringify(told), { status, headers }));
  });
  return { client, sent };
}

test("a log-in sends name and password in the body, and nothing in the address", async () => {
  const { client, sent } = talking(201, SESSION);
  assert.deepEqual(await client.open("lin", "correct horse"), { is: SESSION });
  assert.equal(sent[0]?.url, "/api/v1/session");
  assert.equal(sent[0]?.init.body, '{"name":"lin","password":"correct horse"}');
});

test("each change shows the CSRF token of the session, and reading does not", async () => {
  const { client, sent } = talking(200, {});
  await client.show();
  await client.changePassword(SESSION, "old", "new");
  await client.close(SESSION);
  const shown = sent.map(({ init }) => new Headers(init.headers).get("X-CSRF-Token"));
  assert.deepEqual(shown, [null, "3f1c", "3f1c"]);
});

test("a problem is known by its code, with when to try again and what is wrong", async () => {
  const locked = talking(429, { code: "too-many-attempts" }, { "Retry-After": "30" });
  assert.deepEqual(await locked.client.open("lin", "x"), {
    problem: { code: "too-many-attempts", retryAfterMs: 30_000, findings: [] },
  });
  const weak = talking(422, { code: "weak-password", errors: [{ code: "length" }, { code: "row" }] });
  assert.deepEqual(await weak.client.changePassword(SESSION, "x", "y"), {
    problem: { code: "weak-password", retryAfterMs: 0, findings: ["length", "row"] },
  });
});

test("a service that does not answer, or answers nonsense, is told as that", async () => {
  const down = new SessionClient(() => Promise.reject(new TypeError("failed to fetch")));
  assert.deepEqual(await down.show(), { problem: UNREACHABLE });
  const nonsense = new SessionClient(() => Promise.resolve(new Response("<html>", { status: 502 })));
  assert.deepEqual(await nonsense.show(), { problem: UNREACHABLE });
  const nameless = talking(500, {});
  assert.deepEqual(await nameless.client.show(), { problem: { code: "internal-error", retryAfterMs: 0, findings: [] } });
});

test("single sign-on is offered where the service says so", async () => {
  const offered = { name: "Example Company", url: "/login/sign-on" };
  assert.deepEqual(await talking(200, { sign_on: offered }).client.ways(), offered);
  assert.equal(await talking(200, { sign_on: null }).client.ways(), null);
  assert.equal(await talking(503, {}).client.ways(), null);
});

test("a token is shown in its header, and the cookie of who is logged in stays away", async () => {
  const { client, sent } = talking(200, {});
  await client.show("trt_x");
  assert.equal(new Headers(sent[0]?.init.headers).get("Authorization"), "Bearer trt_x");
  assert.equal(sent[0]?.init.credentials, "omit");
});

for (const [topics, shown] of [
  [["queue:q1"], ["site", "queue:q1"]],
  [["site", "queues", "agents", "calls", "alerts"], ["site", "queues", "agents", "alerts"]],
  [["team:early", "call:c1", "callbacks"], ["site", "team:early"]],
] as const) {
  test(`the board of a display of ${topics} shows ${shown}`, () =>
    assert.deepEqual(topicsOf({ topics, permissions: {} } as unknown as Session), shown));
}

test("whoever may not see alerts sees the rest of the floor", () => {
  const board = (permissions: object) => topicsOf({ topics: null, permissions } as unknown as Session);
  assert.deepEqual(board({ "alerts:see": "all" }), ["site", "queues", "agents", "alerts"]);
  assert.deepEqual(board({ "alerts:see": "team" }), ["site", "queues", "agents"]);
});

test("a board of one team has no queues to show", () => {
  assert.equal(hasQueues(["site", "queue:q1"]), true);
  assert.equal(hasQueues(["site", "team:queues"]), false);
});
