import { clockText } from "../floor/duration.ts";
import { board } from "./board.ts";
import { timeText } from "./header.tsx";

/** Over the whole page while its figures are not the present ones. */
export function Curtain() {
  const standing = board.standing.value;
  const texts = board.texts.value;
  if (standing.is === "connecting") return <div class="curtain connecting">{texts.connecting}</div>;
  if (standing.is !== "stale") return null;
  const ago = clockText(board.now.value - standing.since);
  return (
    <div class="curtain stale" role="alert">
      <strong>{texts.stale}</strong>
      <p>{texts.staleSince(timeText(standing.since), ago)}</p>
      <p class="aside">{texts.tryingAgain}</p>
    </div>
  );
}

/**
 * Falls by itself after some seconds unless a message starts it anew. It needs no script to fall, so it also covers a page whose
 * script has died.
 */
export function DeadMansCurtain() {
  return <div class={`curtain dead-man beat-${board.beat.value}`}>{board.texts.value.stale}</div>;
}
