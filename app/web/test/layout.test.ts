import assert from "node:assert/strict";
import { test } from "node:test";

import { layout, PAGE_MS, pageAt, screenOf, turnAt } from "../src/floor/layout.ts";

const FULL_HD = screenOf(1920, 1080);
const SCREENS = { wide: FULL_HD, "5:4": screenOf(1280, 1024), upright: screenOf(1080, 1920), phone: screenOf(390, 844) };

for (const [name, screen] of Object.entries(SCREENS)) {
  const queue = screen.isUpright ? { head: 7.5, least: 13.199, alert: 9 } : { head: 4, least: 6.599, alert: 6 };
  for (const alerts of [0, 1, 3, 9]) {
    for (const queues of [0, 1, 4, 5, 12, 200]) {
      for (const agents of [0, 1, 8, 40, 300]) {
        test(`${name}: ${alerts} alerts, ${queues} queues and ${agents} agents stay on the screen, large enough to read`, () => {
          const found = layout(screen, { alerts, queues, agents });
          const ofQueues = queue.head + found.queueRows * found.queueRowHeight;
          const used = 8 + found.alertRows * queue.alert + ofQueues + 4 + found.agentRows * found.cardHeight;
          assert.ok(used <= screen.height + 0.001, `expected at most ${screen.height}, used ${used}`);
          assert.ok(found.queueRowHeight >= queue.least);
          assert.ok(found.cardHeight >= 6.599, `cards of ${found.cardHeight}`);
          assert.ok(found.agentColumns * 33 <= screen.width);
        });
      }
    }
  }
}

for (const [name, screen] of Object.entries(SCREENS)) {
  test(`${name}: the whole height is used when there is enough to show`, () => {
    const found = layout(screen, { alerts: 0, queues: 4, agents: 300 });
    const head = screen.isUpright ? 7.5 : 4;
    const used = 8 + head + found.queueRows * found.queueRowHeight + 4 + found.agentRows * found.cardHeight;
    assert.ok(used > screen.height - 3, `expected ${screen.height}, used ${used}`);
  });
}

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
