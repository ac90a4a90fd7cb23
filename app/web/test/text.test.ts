import assert from "node:assert/strict";
import { test } from "node:test";

import { GROUPS } from "../src/floor/doing.ts";
import { chooseLanguage, languageOf } from "../src/text/language.ts";
import { TEXTS } from "../src/text/texts.ts";

const CODES = [
  ...["waits_too_long", "ring_reached", "rings_breached", "unstaffed"],
  ...["auto_paused", "device_unreachable", "part_degraded", "part_down"],
];

for (const [wish, language] of [
  ["zh", "zh-CN"],
  ["zh-Hans-CN", "zh-CN"],
  ["ZH_cn", "zh-CN"],
  ["en-GB", "en"],
  ["fr", null],
  ["", null],
  [null, null],
] as const) {
  test(`the wish ${String(wish)} is met by ${String(language)}`, () => assert.equal(languageOf(wish), language));
}

test("the first wish that can be met wins; without one it is English", () => {
  assert.equal(chooseLanguage(null, "fr", "zh-TW", "en"), "zh-CN");
  assert.equal(chooseLanguage("de", undefined), "en");
});

test("both languages name everything that an agent may be doing", () => {
  const all = Object.values(GROUPS).flat();
  for (const texts of Object.values(TEXTS)) {
    for (const doing of all) assert.ok(texts.doing[doing].length > 0, doing);
  }
});

test("both languages know every alert, and say it in their own words", () => {
  for (const code of CODES) {
    assert.match(TEXTS["zh-CN"].alert(code, 3), /\p{Script=Han}/u, code);
    assert.ok(!TEXTS.en.alert(code, 3).includes("_"), code);
  }
});

test("an alert that this page does not know yet is shown by its code", () =>
  assert.equal(TEXTS.en.alert("brand_new", 3), "brand new"));
