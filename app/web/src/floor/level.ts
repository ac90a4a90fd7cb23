import type { Queue, Site } from "./shapes.ts";

/** The service level as a person reads it. It is rounded down: 99.6 % is not everything. */
export function levelText(level: number): string {
  return `${Math.floor(level * 100 + 1e-9)}%`;
}

/** Whether the queue meets the site's target; `none` while there is nothing to judge. */
export function judgement(queue: Pick<Queue, "service_level">, site: Pick<Site, "service_level_percent"> | null): "met" | "missed" | "none" {
  const target = site?.service_level_percent;
  if (queue.service_level == null || target === undefined) return "none";
  return queue.service_level * 100 >= target ? "met" : "missed";
}

/** The target in the words of the field, such as 80/20: this percentage within so many seconds. */
export function targetText(site: Pick<Site, "service_level_percent" | "service_level_ms"> | null): string {
  if (site?.service_level_percent === undefined || site.service_level_ms === undefined) return "";
  return `${site.service_level_percent}/${site.service_level_ms / 1000}`;
}
