// What somebody's wallboard shows: pure.

import type { Session } from "./client.ts";

const WHOLE_FLOOR = ["site", "queues", "agents", "alerts"];

/** The topics to follow: a display's own, or the whole floor as far as one may see it. The board shows no calls. */
export function topicsOf(session: Session): readonly string[] {
  if (session.topics !== null) {
    const shown = session.topics.filter((topic) => !/^(site|calls?|callbacks?)(:|$)/.test(topic));
    return ["site", ...shown];
  }
  return WHOLE_FLOOR.filter((topic) => topic !== "alerts" || session.permissions["alerts:see"] === "all");
}

/** Whether any queue is among the topics. */
export function hasQueues(topics: readonly string[]): boolean {
  return topics.some((topic) => /^queues?(:|$)/.test(topic));
}
