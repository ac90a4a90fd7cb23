import { useRef } from "preact/hooks";

import { focusFirst, PasswordField, textsOf } from "./fields.tsx";
import { LockLine, NoticeLine } from "./notice.tsx";
import { page } from "./page.ts";

/** User name and password; beside them single sign-on, where there is some. */
export function LogInForm() {
  const texts = page.texts.value;
  const password = useRef<HTMLInputElement>(null);

  async function submit(event: SubmitEvent): Promise<void> {
    const text = textsOf(event);
    if (page.lockedFor.value > 0) return;
    if (await page.logIn(text("name").trim(), text("password"))) return;
    if (password.current === null) return;
    password.current.value = "";
    password.current.focus();
  }

  const signOn = page.signOn.value;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h1>{texts.title}</h1>
      <NoticeLine />
      <LockLine />
      <label>
        {texts.userName}
        <input
          name="name"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          maxLength={64}
          required
          ref={focusFirst}
          aria-describedby="notice"
        />
      </label>
      <PasswordField name="password" label={texts.password} autocomplete="current-password" input={password} />
      <button type="submit" class="main" disabled={page.isBusy.value || page.lockedFor.value > 0}>
        {page.isBusy.value ? texts.loggingIn : texts.logIn}
      </button>
      {signOn === null ? null : (
        <>
          <p class="or">{texts.or}</p>
          <a class="button" href={page.signOnAddress(signOn)}>
            {texts.signOn(signOn.name)}
          </a>
        </>
      )}
    </form>
  );
}
