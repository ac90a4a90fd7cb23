import { clockText } from "../floor/duration.ts";
import { board } from "./board.ts";

/** The time since an instant, counting. */
export function Elapsed({ since }: { since: string }) {
  return <span class="elapsed">{clockText(board.now.value - Date.parse(since))}</span>;
}
