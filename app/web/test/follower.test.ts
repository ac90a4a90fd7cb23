import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../src/live/backoff.ts";
import { Follower } from "../src/live/follower.ts";

/** A websocket whose other end is the test. */
class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  isClosed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify({ epoch: "e", at: "2026-11-21T08:30:00.000Z", values: [], ...message }) });
  }
}

/** A page around a follower: its sockets, its only timer, and what it was told. */
class Around {
  readonly sockets: FakeSocket[] = [];
  readonly told: string[] = [];
  timer: { job: () => void; delay: number } | null = null;
  readonly follower = new Follower(
    "secret",
    ["queues"],
    {
      heard: (message) => void this.told.push(message.type),
      lost: () => void this.told.push("lost"),
      refused: (reason) => void this.told.push(`refused: ${reason}`),
    },
    {
      connect: () => {
        this.sockets.push(new FakeSocket());
        return this.socket as unknown as WebSocket;
      },
      setTimeout: (job, delay) => {
        this.timer = { job, delay };
        return 1;
      },
      clearTimeout: () => {
        this.timer = null;
      },
    },
    new Backoff(() => 1),
  );

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    assert.ok(last, "expected a socket");
    return last;
  }

  /** Connected, with a snapshot. */
  static fresh(): Around {
    const around = new Around();
    around.follower.start();
    around.socket.onopen?.();
    around.socket.says({ type: "snapshot", seq: 5 });
    return around;
  }

  timePasses(): void {
    const timer = this.timer;
    assert.ok(timer, "expected a timer");
    this.timer = null;
    timer.job();
  }
}

test("the first messages show the token and say what to follow", () => {
  const { socket } = Around.fresh();
  assert.deepEqual(socket.sent, [
    { type: "authenticate", token: "secret" },
    { type: "subscribe", topics: ["queues"], numbers: "masked" },
  ]);
});

test("a connection that ends is told at once, and resumed where it was", () => {
  const around = Around.fresh();
  around.socket.onclose?.({ code: 1012, reason: "" });
  assert.deepEqual(around.told, ["snapshot", "lost"]);
  around.timePasses();
  around.socket.onopen?.();
  assert.deepEqual(around.socket.sent[1]?.["resume"], { epoch: "e", seq: 5 });
});

test("messages behind a gap that nobody fills are as good as silence", () => {
  const around = Around.fresh();
  const waiting = around.timer;
  around.socket.says({ type: "delta", after: 7, seq: 8 });
  around.socket.says({ type: "heartbeat", after: 8, seq: 9 });
  assert.equal(around.timer, waiting);
  around.timePasses();
  assert.deepEqual(around.told, ["snapshot", "lost"]);
});

test("silence is told, though the connection looks open", () => {
  const around = Around.fresh();
  const first = around.socket;
  assert.equal(around.timer?.delay, 12_000);
  around.timePasses();
  assert.ok(first.isClosed);
  assert.deepEqual(around.told, ["snapshot", "lost"]);
  around.timePasses();
  assert.equal(around.sockets.length, 2);
});

test("a socket that was given up is not heard any more", () => {
  const around = Around.fresh();
  const first = around.socket;
  around.timePasses();
  first.says({ type: "heartbeat", seq: 9, after: 5 });
  assert.deepEqual(around.told, ["snapshot", "lost"]);
});

test("a missing delta is asked for once, and nothing behind it is taken before the answer", () => {
  const around = Around.fresh();
  around.socket.says({ type: "delta", seq: 8, after: 7 });
  around.socket.says({ type: "heartbeat", seq: 9, after: 8 });
  assert.deepEqual(around.told, ["snapshot"]);
  assert.equal(around.socket.sent.length, 3);
  assert.deepEqual(around.socket.sent[2]?.["resume"], { epoch: "e", seq: 5 });
  around.socket.says({ type: "delta", seq: 9, after: 5 });
  assert.deepEqual(around.told, ["snapshot", "delta"]);
});

for (const code of [4401, 4403]) {
  test(`a refusal by ${code} ends it: it does not try again`, () => {
    const around = new Around();
    around.follower.start();
    around.socket.onclose?.({ code, reason: "wrong" });
    assert.deepEqual(around.told, ["lost", "refused: wrong"]);
    assert.equal(around.timer, null);
  });
}

for (const code of [1006, 1012, 4408, 4413, 4429, 4503]) {
  test(`after an end by ${code} it tries again`, () => {
    const around = new Around();
    around.follower.start();
    around.socket.onclose?.({ code, reason: "" });
    assert.deepEqual(around.told, ["lost"]);
    around.timePasses();
    assert.equal(around.sockets.length, 2);
  });
}

test("it waits longer after each failure, and not after a success", () => {
  const around = new Around();
  around.follower.start();
  const delays: (number | undefined)[] = [];
  for (let failure = 0; failure < 8; failure++) {
    around.socket.onclose?.({ code: 1006, reason: "" });
    delays.push(around.timer?.delay);
    around.timePasses();
  }
  assert.deepEqual(delays, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  around.socket.says({ type: "snapshot", seq: 1 });
  around.socket.onclose?.({ code: 1006, reason: "" });
  assert.equal(around.timer?.delay, 250);
});

test("starting again while it is connected does nothing", () => {
  const around = Around.fresh();
  around.follower.start();
  assert.equal(around.sockets.length, 1);
});
