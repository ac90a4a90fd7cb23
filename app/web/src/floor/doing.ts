import type { Agent, Queue } from "./shapes.ts";

/** What an agent is doing, in one word: how the wallboard paints and counts people. */
export type Doing =
  | "available"
  | "offered"
  | "connected"
  | "held"
  | "outbound"
  | "wrap_up"
  | "paused"
  | "auto_paused"
  | "device_unreachable"
  | "device_busy"
  | "resting"
  | "logged_out";

/** The groups that a queue's agents are counted in. */
export const GROUPS = {
  free: ["available"],
  ringing: ["offered"],
  talking: ["connected", "held", "outbound"],
  wrapUp: ["wrap_up"],
  away: ["paused", "auto_paused", "device_unreachable", "device_busy", "resting"],
} as const satisfies Record<string, readonly Doing[]>;

export type Group = keyof typeof GROUPS;

/** The one reason why no call is offered now, or `available`. */
export function doing(agent: Agent): Doing {
  return (agent.unavailable_reason ?? "available") as Doing;
}

/** Since when: a state of the system begins by itself, a pause or a log-out by the agent's choice. */
export function since(agent: Agent): string {
  return agent.state === "idle" && agent.status !== "available" ? agent.status_since : agent.state_since;
}

export function isLoggedIn(agent: Agent): boolean {
  return agent.status !== "logged_out";
}

/** How many of the queue's agents are in a group. */
export function count(queue: Queue, group: Group): number {
  return GROUPS[group].reduce((sum, reason) => sum + (queue.members[reason] ?? 0), 0);
}
