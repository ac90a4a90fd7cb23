import assert from "node:assert/strict";
import { test } from "node:test";

import { groupAlerts } from "../src/floor/alert_groups.ts";
import { count, doing, since } from "../src/floor/doing.ts";
import { clockText } from "../src/floor/duration.ts";
import { judgement, levelText, targetText } from "../src/floor/level.ts";
import { ringNumber, urgency } from "../src/floor/rings.ts";
import type { Agent, Alert, Queue } from "../src/floor/shapes.ts";

const CHINA = { ring_ms: 5000, rings: 3 };

for (const [elapsed, ring] of [[-1, 1], [0, 1], [4999, 1], [5000, 2], [14_999, 3], [15_000, 4]] as const) {
  test(`after ${elapsed} ms ring ${ring} runs`, () => assert.equal(ringNumber(elapsed, CHINA.ring_ms), ring));
}

for (const [elapsed, expected] of [[9999, "calm"], [10_000, "last"], [14_999, "last"], [15_000, "over"]] as const) {
  test(`a wait of ${elapsed} ms is ${expected}`, () => assert.equal(urgency(elapsed, CHINA), expected));
}

for (const [milliseconds, text] of [
  [-5, "0:00"],
  [999, "0:00"],
  [1000, "0:01"],
  [59_999, "0:59"],
  [60_000, "1:00"],
  [3_599_999, "59:59"],
  [3_600_000, "1:00:00"],
  [360_000_000, "100:00:00"],
] as const) {
  test(`${milliseconds} ms read ${text}`, () => assert.equal(clockText(milliseconds), text));
}

function agent(fields: Partial<Agent>): Agent {
  return {
    id: "lin",
    name: "林晓",
    status: "available",
    status_since: "2026-11-21T08:00:00.000Z",
    pause_code: null,
    state: "idle",
    state_since: "2026-11-21T08:10:00.000Z",
    unavailable_reason: null,
    ...fields,
  };
}

test("an agent to whom a call may be offered is available", () => assert.equal(doing(agent({})), "available"));

test("any other agent does what makes the offer impossible", () =>
  assert.equal(doing(agent({ unavailable_reason: "device_busy" })), "device_busy"));

test("a pause counts from the agent's choice, a call from its beginning", () => {
  assert.equal(since(agent({ status: "paused", unavailable_reason: "paused" })), "2026-11-21T08:00:00.000Z");
  assert.equal(since(agent({ status: "paused", state: "wrap_up" })), "2026-11-21T08:10:00.000Z");
  assert.equal(since(agent({})), "2026-11-21T08:10:00.000Z");
});

test("a queue's agents are counted in groups", () => {
  const members = { available: 2, connected: 3, held: 1, outbound: 1, paused: 1, resting: 1, logged_out: 9 };
  const queue = { members } as Partial<Queue> as Queue;
  assert.equal(count(queue, "free"), 2);
  assert.equal(count(queue, "talking"), 5);
  assert.equal(count(queue, "away"), 2);
  assert.equal(count(queue, "ringing"), 0);
});

for (const [level, text] of [[0, "0%"], [0.5, "50%"], [0.9167, "91%"], [0.29, "29%"], [0.996, "99%"], [1, "100%"]] as const) {
  test(`a service level of ${level} reads ${text}`, () => assert.equal(levelText(level), text));
}

test("a service level is judged by the site's target, once there is one of each", () => {
  const site = { service_level_percent: 80 };
  assert.equal(judgement({ service_level: 0.8 }, site), "met");
  assert.equal(judgement({ service_level: 0.7999 }, site), "missed");
  assert.equal(judgement({ service_level: null }, site), "none");
  assert.equal(judgement({}, site), "none");
  assert.equal(judgement({ service_level: 0.5 }, {}), "none");
});

test("the target is told as the field tells it", () => {
  assert.equal(targetText({ service_level_percent: 80, service_level_ms: 20_000 }), "80/20");
  assert.equal(targetText({ service_level_percent: 92.5, service_level_ms: 1500 }), "92.5/1.5");
  assert.equal(targetText({}), "");
  assert.equal(targetText(null), "");
});

function alert(id: string, code: string, severity: Alert["severity"], since: string | null): Alert {
  return { id, code, severity, since, queue_id: id, agent_id: null, part: null };
}

test("alerts of a kind are one line: alarms first, the oldest of them on top", () => {
  const groups = groupAlerts([
    alert("a", "auto_paused", "warning", "2026-11-21T08:00:00Z"),
    alert("b", "waits_too_long", "alarm", "2026-11-21T08:20:00Z"),
    alert("c", "waits_too_long", "alarm", "2026-11-21T08:10:00Z"),
    alert("d", "unstaffed", "alarm", "2026-11-21T08:15:00Z"),
    alert("e", "part_degraded", "warning", null),
  ]);
  assert.deepEqual(
    groups.map((group) => [group.code, group.since, group.alerts.map((each) => each.id).join()]),
    [
      ["waits_too_long", "2026-11-21T08:10:00Z", "c,b"],
      ["unstaffed", "2026-11-21T08:15:00Z", "d"],
      ["part_degraded", null, "e"],
      ["auto_paused", "2026-11-21T08:00:00Z", "a"],
    ],
  );
});
