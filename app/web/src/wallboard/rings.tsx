import { ringNumber, type Urgency, urgency } from "../floor/rings.ts";
import { board } from "./board.ts";

/** The rings since an instant: a lamp for each that has begun while it is within the site's rings, the number beyond. */
export function Rings({ since }: { since: string }) {
  const site = board.floor.site.value;
  if (site === null) return null;
  const ring = ringNumber(board.now.value - Date.parse(since), site.ring_ms);
  if (ring > site.rings) return <span class="ring">{board.texts.value.ring(ring)}</span>;
  return <Lamps lit={ring} of={site.rings} />;
}

function Lamps({ lit, of }: { lit: number; of: number }) {
  return (
    <span class="lamps">
      {Array.from({ length: of }, (_, index) => (
        <i key={index} class={index < lit ? "lit" : ""} />
      ))}
    </span>
  );
}

/** How urgent it is by the rings since an instant; `quiet` when nothing rings or waits. */
export function urgencyOf(since: string | null): Urgency | "quiet" {
  const site = board.floor.site.value;
  return site === null || since === null ? "quiet" : urgency(board.now.value - Date.parse(since), site);
}
