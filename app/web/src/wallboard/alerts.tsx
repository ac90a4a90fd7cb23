import type { AlertGroup } from "../floor/alert_groups.ts";
import { pageAt } from "../floor/layout.ts";
import type { Alert } from "../floor/shapes.ts";
import { board } from "./board.ts";
import { Elapsed } from "./elapsed.tsx";
import { PageNumber } from "./page_number.tsx";

export function Alerts() {
  const groups = board.alertGroups.value;
  const { shown, page, pages } = pageAt(groups, board.layout.value.alertRows || 1, board.turn.value);
  if (groups.length === 0) return null;
  return (
    <section class="alerts">
      {shown.map((group, index) => (
        <div key={group.code} class={`alert ${group.severity}`} data-alert={group.code}>
          <Line group={group} />
          {index === 0 ? <PageNumber page={page} pages={pages} /> : null}
          {group.since === null ? null : <Elapsed since={group.since} />}
        </div>
      ))}
    </section>
  );
}

function Line({ group }: { group: AlertGroup }) {
  const texts = board.texts.value;
  return (
    <span class="long">
      {texts.alert(group.code, board.floor.site.value?.rings ?? 3)}
      {group.alerts.length > 1 ? ` (${group.alerts.length})` : null}
      {texts.colon}
      <b>{group.alerts.map(subject).join(texts.comma)}</b>
    </span>
  );
}

function subject(alert: Alert): string {
  if (alert.part !== null) return board.texts.value.parts[alert.part] ?? alert.part;
  const thing = board.floor.find("queue", alert.queue_id) ?? board.floor.find("agent", alert.agent_id);
  return thing?.name ?? alert.queue_id ?? alert.agent_id ?? "";
}
