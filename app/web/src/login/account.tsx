import type { Session } from "../session/client.ts";
import { focusFirst, PasswordField, textsOf } from "./fields.tsx";
import { LockLine, NoticeLine } from "./notice.tsx";
import { page } from "./page.ts";

/** Who one is, and what one can do about it. */
export function Account({ session }: { session: Session }) {
  const texts = page.texts.value;
  const name = session.display_name || session.name.replace(/^user:/, "");
  return (
    <section>
      <h1>{texts.loggedInAs(name, texts.role(session.role))}</h1>
      <NoticeLine />
      <button type="button" class="main" ref={focusFirst} onClick={() => page.goOn()}>
        {texts.goOn}
      </button>
      {session.has_password ? (
        <button type="button" onClick={() => page.show({ is: "password", session })}>
          {texts.changePassword}
        </button>
      ) : (
        <p class="aside">{texts.providersPassword}</p>
      )}
      <button type="button" disabled={page.isBusy.value} onClick={() => void page.logOut(session)}>
        {texts.logOut}
      </button>
    </section>
  );
}

export function PasswordForm({ session }: { session: Session }) {
  const texts = page.texts.value;

  async function submit(event: SubmitEvent): Promise<void> {
    const text = textsOf(event);
    if (page.lockedFor.value > 0) return;
    await page.changePassword(session, text("current"), text("password"), text("again"));
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <h1>{texts.changePassword}</h1>
      <p class="aside">{texts.rule}</p>
      <NoticeLine />
      <LockLine />
      {/* For the browser's own keeper of passwords: whose they are. */}
      <input hidden autocomplete="username" value={session.name.replace(/^user:/, "")} readOnly />
      <PasswordField name="current" label={texts.currentPassword} autocomplete="current-password" isFirst />
      <PasswordField name="password" label={texts.newPassword} autocomplete="new-password" />
      <PasswordField name="again" label={texts.newPasswordAgain} autocomplete="new-password" />
      <button type="submit" class="main" disabled={page.isBusy.value || page.lockedFor.value > 0}>
        {texts.save}
      </button>
      <button type="button" onClick={() => page.show({ is: "account", session })}>
        {texts.back}
      </button>
    </form>
  );
}
