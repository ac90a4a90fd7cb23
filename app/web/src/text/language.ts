export type Language = "en" | "zh-CN";

/** The language for a wish such as `zh`, `zh-Hans-CN` or `en-GB`; null when it is none of ours. */
export function languageOf(wish: string | null | undefined): Language | null {
  const first = wish?.toLowerCase().split(/[-_]/)[0];
  if (first === "zh") return "zh-CN";
  return first === "en" ? "en" : null;
}

/** The first wish that can be met: the address, what was chosen before, the browser's languages, English. */
export function chooseLanguage(...wishes: readonly (string | null | undefined)[]): Language {
  for (const wish of wishes) {
    const language = languageOf(wish);
    if (language !== null) return language;
  }
  return "en";
}
