import type { Site } from "./shapes.ts";

/** How urgent a wait is: more than one ring is left, the last one runs, or the rings are over. */
export type Urgency = "calm" | "last" | "over";

/** The number of the ring that runs after so many milliseconds; the first begins at once. */
export function ringNumber(elapsed: number, ringMs: number): number {
  return Math.floor(Math.max(0, elapsed) / ringMs) + 1;
}

/** A call is within its rings while no ring beyond them has begun. */
export function urgency(elapsed: number, site: Pick<Site, "ring_ms" | "rings">): Urgency {
  const ring = ringNumber(elapsed, site.ring_ms);
  if (ring > site.rings) return "over";
  return ring === site.rings ? "last" : "calm";
}
