import type { Alert } from "./shapes.ts";

/** Alerts of the same kind in one line: a screen has few lines, and ten queues may have the same trouble. */
export interface AlertGroup {
  readonly code: string;
  readonly severity: Alert["severity"];
  /** When the first of them began; null: not known. */
  readonly since: string | null;
  readonly alerts: readonly Alert[];
}

/** The groups: alarms first, and of equal ones the oldest. Within a group the oldest comes first too. */
export function groupAlerts(alerts: readonly Alert[]): AlertGroup[] {
  const byCode = new Map<string, Alert[]>();
  for (const alert of [...alerts].sort(byAge)) {
    const known = byCode.get(alert.code);
    if (known) known.push(alert);
    else byCode.set(alert.code, [alert]);
  }
  return [...byCode.values()].flatMap(groupOf).sort((one, other) => bySeverity(one, other) || byAge(one, other));
}

function groupOf(alerts: readonly Alert[]): AlertGroup[] {
  const [oldest] = alerts;
  return oldest ? [{ code: oldest.code, severity: oldest.severity, since: oldest.since, alerts }] : [];
}

/** `alarm` stands before `warning` in the alphabet too. */
function bySeverity(one: Pick<Alert, "severity">, other: Pick<Alert, "severity">): number {
  return one.severity.localeCompare(other.severity);
}

/** One without a beginning counts as the oldest. */
function byAge(one: Pick<Alert, "since">, other: Pick<Alert, "since">): number {
  return (one.since ?? "").localeCompare(other.since ?? "");
}
