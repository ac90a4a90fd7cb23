import { board } from "./board.ts";

export function Header() {
  const language = board.language.value;
  return (
    <header>
      <h1 class="long">{board.floor.site.value?.name ?? "Thirdring"}</h1>
      <button type="button" onClick={() => board.speak(language === "en" ? "zh-CN" : "en")}>
        {board.texts.value.otherLanguage}
      </button>
      <time>{timeText(board.now.value)}</time>
    </header>
  );
}

/** The wall clock of the site, whatever the clock and the time zone of this machine are. */
export function timeText(at: number): string {
  const site = board.floor.site.value;
  if (site === null || at === 0) return "";
  const zone = { timeZone: site.time_zone, hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(board.language.value, {
    ...zone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).format(at);
}
