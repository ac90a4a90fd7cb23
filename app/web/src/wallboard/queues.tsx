import type { Signal } from "@preact/signals";

import { count, GROUPS, type Group } from "../floor/doing.ts";
import { judgement, levelText, targetText } from "../floor/level.ts";
import { pageAt } from "../floor/layout.ts";
import type { Queue } from "../floor/shapes.ts";
import { board } from "./board.ts";
import { Elapsed } from "./elapsed.tsx";
import { PageNumber } from "./page_number.tsx";
import { Rings, urgencyOf } from "./rings.tsx";

const NAMES = Object.keys(GROUPS) as Group[];

export function Queues() {
  const { queueRows, queueRowHeight } = board.layout.value;
  const texts = board.texts.value;
  const { shown, page, pages } = pageAt(board.floor.queues.value, queueRows, board.turn.value);
  if (pages === 1 && shown.length === 0) return <p class="empty">{texts.noQueues}</p>;
  return (
    <section class="queues" style={{ "--row": queueRowHeight }}>
      <div class="queue head">
        <span>
          {texts.queue} <PageNumber page={page} pages={pages} />
        </span>
        <span class="number">{texts.waiting}</span>
        <span class="wait">{texts.longestWait}</span>
        <span class="number">{texts.serviceLevel(targetText(board.floor.site.value))}</span>
        {NAMES.map((name) => (
          <span key={name} class="number">
            {texts.groups[name]}
          </span>
        ))}
      </div>
      {shown.map((queue) => (
        <QueueRow key={queue.value.id} queue={queue} />
      ))}
    </section>
  );
}

function QueueRow({ queue: thing }: { queue: Signal<Queue> }) {
  const queue = thing.value;
  return (
    <div class={`queue row ${urgencyOf(queue.longest_wait_since)}`} data-queue={queue.id}>
      <span class="name">
        <span class="long">{queue.name}</span>
        {queue.is_open ? null : <span class="tag">{board.texts.value.closed}</span>}
      </span>
      <span class={`number waiting ${queue.waiting ? "some" : "none"}`}>{queue.waiting}</span>
      <span class="wait">
        {queue.longest_wait_since === null ? <span class="none">–</span> : <Wait since={queue.longest_wait_since} />}
      </span>
      <Level queue={queue} />
      {NAMES.map((name) => (
        <GroupCount key={name} name={name} number={count(queue, name)} />
      ))}
    </div>
  );
}

function GroupCount({ name, number }: { name: Group; number: number }) {
  return <span class={`number ${name} ${number ? "some" : "none"}`}>{number}</span>;
}

/** The service level of today. */
function Level({ queue }: { queue: Queue }) {
  const level = queue.service_level;
  if (level == null) return <span class="number level none">–</span>;
  return <span class={`number level ${judgement(queue, board.floor.site.value)}`}>{levelText(level)}</span>;
}

/** The wait, and the rings it lasted. */
function Wait({ since }: { since: string }) {
  return (
    <>
      <Elapsed since={since} />
      <Rings since={since} />
    </>
  );
}
