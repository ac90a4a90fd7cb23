import { computed } from "@preact/signals";

import { otherLanguage } from "../text/choice.ts";
import { board } from "./board.ts";

export function Header() {
  const language = board.language.value;
  const person = board.person.value;
  return (
    <header>
      <h1 class="long">{board.floor.site.value?.name ?? "Thirdring"}</h1>
      {person === null ? null : (
        <a class="button" href="/login" title={board.texts.value.account}>
          {person.display_name || person.name.replace(/^user:/, "")}
        </a>
      )}
      <button type="button" onClick={() => board.speak(otherLanguage(language))}>
        {board.texts.value.otherLanguage}
      </button>
      <time>{timeText(board.now.value)}</time>
    </header>
  );
}

/** Made once: making one costs more than a whole repaint. */
const timeFormat = computed(() => {
  const timeZone = board.floor.site.value?.time_zone;
  if (timeZone === undefined) return null;
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(board.language.value, { ...parts, timeZone });
});

/** The wall clock of the site, whatever the clock and the time zone of this machine are; empty before they are known. */
export function timeText(at: number): string {
  return at === 0 ? "" : (timeFormat.value?.format(at) ?? "");
}
