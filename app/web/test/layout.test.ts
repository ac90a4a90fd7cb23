import assert from "node:assert/strict";
import { test } from "node:test";

import { layout, PAGE_MS, pageAt, turnAt } from "../src/floor/layout.ts";

const FULL_HD = 1920 / 10.8;

for (const alerts of [0, 1, 3, 9]) {
  for (const queues of [0, 1, 4, 5, 12, 200]) {
    for (const agents of [0, 1, 8, 40, 300]) {
      test(`${alerts} alerts, ${queues} queues and ${agents} agents stay on the screen, large enough to read`, () => {
        const found = layout(FULL_HD, { alerts, queues, agents });
        const used =
          8 + found.alertRows * 6 + 4 + found.queueRows * found.queueRowHeight + 4 + found.agentRows * found.cardHeight;
        assert.ok(used <= 100.001, `expected at most 100, used ${used}`);
        assert.ok(found.queueRowHeight >= 6.599);
        assert.ok(found.cardHeight >= 6.599, `cards of ${found.cardHeight}`);
        assert.ok(found.agentColumns * 33 <= FULL_HD);
      });
    }
  }
}

test("a screen that stands upright has fewer columns", () => {
  assert.ok(layout(100, { alerts: 0, queues: 3, agents: 40 }).agentColumns <= 3);
});

test("a few agents get large cards in four columns", () => {
  const found = layout(FULL_HD, { alerts: 0, queues: 3, agents: 8 });
  assert.deepEqual([found.agentColumns, found.agentRows], [4, 2]);
  assert.ok(found.cardHeight > 9);
});

test("what does not fit on one page is spread evenly", () => {
  const found = layout(FULL_HD, { alerts: 0, queues: 12, agents: 40 });
  assert.equal(found.queueRows, 6);
});

test("pages turn by the clock", () => {
  assert.equal(turnAt(PAGE_MS - 1), 0);
  assert.equal(turnAt(PAGE_MS), 1);
});

test("after the last page comes the first", () => {
  const list = ["a", "b", "c"];
  const at = (turn: number) => pageAt(list, 2, turn);
  assert.deepEqual(at(0), { shown: ["a", "b"], page: 1, pages: 2 });
  assert.deepEqual(at(1), { shown: ["c"], page: 2, pages: 2 });
  assert.deepEqual(at(2), at(0));
});

test("an empty list is one empty page", () => assert.deepEqual(pageAt([], 5, 12_345), { shown: [], page: 1, pages: 1 }));
