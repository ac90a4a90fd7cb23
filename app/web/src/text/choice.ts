// Which language this screen speaks: all pages the same.

import { chooseLanguage, type Language } from "./language.ts";

const KEY = "thirdring.language";

/** The language of the address (`?lang=zh` or `#lang=zh`), else what was chosen on this screen, else the browser's. */
export function chosenLanguage(): Language {
  const query = new URLSearchParams(location.search);
  const fragment = new URLSearchParams(location.hash.slice(1));
  return chooseLanguage(query.get("lang"), fragment.get("lang"), localStorage.getItem(KEY), ...navigator.languages);
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language;
}

export function otherLanguage(language: Language): Language {
  return language === "en" ? "zh-CN" : "en";
}
