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

/** The names of what an alert is about, such as `Orders · Lin Xiao · ring 2`. */
function subject(alert: Alert): string {
  const { parts, ring } = board.texts.value;
  const queue = board.floor.find("queue", alert.queue_id)?.name ?? alert.queue_id;
  const agent = board.floor.find("agent", alert.agent_id)?.name ?? alert.agent_id;
  const part = alert.part === null ? null : (parts[alert.part] ?? alert.part);
  const number = alert.ring == null ? null : ring(alert.ring);
  return [part, queue, agent, number].filter((name) => name !== null).join(" · ");
}
