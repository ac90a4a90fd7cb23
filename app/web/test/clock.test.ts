import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../src/live/clock.ts";

const NOON = Date.parse("2026-11-21T12:00:00.000Z");
const at = (milliseconds: number) => new Date(NOON + milliseconds).toISOString();

test("before a message the time is not known", () => assert.equal(new ServerClock().now(5), null));

test("the time goes on by itself, whatever the machine's own clock says", () => {
  const clock = new ServerClock();
  clock.hear(at(0), 1000);
  assert.equal(clock.now(1000), NOON);
  assert.equal(clock.now(3500), NOON + 2500);
});

test("a message that travelled less is a better reading", () => {
  const clock = new ServerClock();
  clock.hear(at(0), 1300); // 300 ms on the way
  clock.hear(at(1000), 2010); // 10 ms
  clock.hear(at(2000), 3200); // 200 ms
  assert.equal(clock.now(3000), NOON + 1990);
});

test("an old reading is replaced by any, since clocks drift", () => {
  const clock = new ServerClock();
  clock.hear(at(0), 0);
  clock.hear(at(59_900), 60_000);
  assert.equal(clock.now(60_000), NOON + 60_000);
  clock.hear(at(59_901), 60_001);
  assert.equal(clock.now(60_001), NOON + 59_901);
});
