import assert from "node:assert/strict";
import { test } from "node:test";

import { Copy } from "../src/live/copy.ts";
import type { ServerMessage } from "../src/live/messages.ts";

type Values = Record<string, object | null>;

function message(type: "snapshot" | "delta" | "heartbeat", seq: number, after = 0, values: Values = {}, epoch = "e") {
  const members = Object.entries(values).map(([id, value]) => ({ topic: `queue:${id}`, value }));
  return { type, epoch, seq, after, at: "2026-11-21T08:30:00.000Z", values: members } as ServerMessage;
}

test("a snapshot replaces everything, and what it does not name counts as changed", () => {
  const copy = new Copy();
  copy.take(message("snapshot", 5, 0, { a: { n: 1 }, b: { n: 2 } }));
  assert.deepEqual(copy.take(message("snapshot", 9, 0, { b: { n: 3 } })), new Set(["queue:a", "queue:b"]));
  assert.deepEqual([...copy.values], [["queue:b", { n: 3 }]]);
  assert.deepEqual(copy.position, { epoch: "e", seq: 9 });
});

test("a delta changes what it names; null is gone; the rest stays", () => {
  const copy = new Copy();
  copy.take(message("snapshot", 5, 0, { a: { n: 1 }, b: { n: 2 }, c: { n: 3 } }));
  assert.deepEqual(copy.take(message("delta", 9, 5, { a: { n: 4 }, b: null })), new Set(["queue:a", "queue:b"]));
  assert.deepEqual(Object.fromEntries(copy.values), { "queue:a": { n: 4 }, "queue:c": { n: 3 } });
});

for (const type of ["delta", "heartbeat"] as const) {
  for (const [after, isTaken] of [[4, true], [5, true], [6, false]] as const) {
    test(`a ${type} after ${after} is ${isTaken ? "" : "not "}taken by a copy that stands at 5`, () => {
      const copy = new Copy();
      copy.take(message("snapshot", 5));
      assert.equal(copy.take(message(type, 9, after)) !== null, isTaken);
      assert.equal(copy.position?.seq, isTaken ? 9 : 5);
    });
  }
}

test("a delta of another run of the service is not taken: its numbers mean something else", () => {
  const copy = new Copy();
  copy.take(message("snapshot", 5));
  assert.equal(copy.take(message("delta", 6, 5, {}, "other")), null);
});

test("a delta before any snapshot is not taken: there is nothing that it could change", () => {
  const copy = new Copy();
  assert.equal(copy.take(message("delta", 1, 0)), null);
  assert.equal(copy.position, null);
});

test("a hundred thousand deltas about ten things leave ten things", () => {
  const copy = new Copy();
  copy.take(message("snapshot", 0));
  for (let seq = 1; seq <= 100_000; seq++) copy.take(message("delta", seq, seq - 1, { [seq % 10]: { seq } }));
  assert.equal(copy.values.size, 10);
  assert.deepEqual(copy.values.get("queue:0"), { seq: 100_000 });
});
