import { effect } from "@preact/signals";
import { render } from "preact";

import "../style/dark.css";
import { Account, PasswordForm } from "./account.tsx";
import { LogInForm } from "./form.tsx";
import { page } from "./page.ts";
import "./style.css";

function LogIn() {
  const view = page.view.value;
  return (
    <>
      <header>
        <strong>Thirdring</strong>
        <button type="button" onClick={() => page.speakOther()}>
          {page.texts.value.otherLanguage}
        </button>
      </header>
      <main>
        {view.is === "form" ? <LogInForm /> : null}
        {view.is === "account" ? <Account session={view.session} /> : null}
        {view.is === "password" ? <PasswordForm session={view.session} /> : null}
      </main>
    </>
  );
}

effect(() => {
  document.documentElement.lang = page.language.value;
  document.title = `${page.texts.value.title} · Thirdring`;
});
void page.start();
render(<LogIn />, document.body);
