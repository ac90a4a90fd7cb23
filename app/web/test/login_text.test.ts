import assert from "node:assert/strict";
import { test } from "node:test";

import { LOGIN_TEXTS } from "../src/text/login_texts.ts";

// That these are all is tested beside the service, which makes them up: tests/unit/test_login_files.py.
const CODES = [
  ...["login-refused", "too-many-attempts", "accounts-away", "invalid-request", "unreachable", "weak-password"],
  ...["sign-on-stale", "sign-on-refused", "sign-on-unproven", "sign-on-no-name", "sign-on-no-role"],
  ...["sign-on-name-taken", "sign-on-disabled", "sign-on-away", "no-sign-on", "unauthenticated"],
];
const ROLES = [
  ...["agent", "senior_agent", "team_leader", "shift_supervisor", "information_desk", "complaint_desk"],
  ...["manager", "operations", "display", "admin"],
];
const WEAKNESSES = ["length", "variety", "user-name", "well-known", "row"];

for (const [language, texts] of Object.entries(LOGIN_TEXTS)) {
  const isOwnWord = (text: string) => /\p{Script=Han}/u.test(text) === (language === "zh-CN");

  test(`${language} tells every way in which a log-in can fail`, () => {
    for (const code of CODES) {
      assert.ok(isOwnWord(texts.problem(code)), code);
      assert.ok(!texts.problem(code).includes(code), code);
    }
    assert.ok(texts.problem("brand-new").includes("brand-new"));
  });

  test(`${language} names every role`, () => {
    for (const role of ROLES) assert.ok(isOwnWord(texts.role(role)) && !texts.role(role).includes("_"), role);
  });

  test(`${language} explains every rule of passwords`, () => {
    for (const code of WEAKNESSES) assert.notEqual(texts.weakness(code), code);
  });
}
