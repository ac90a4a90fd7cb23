import { board, type Refusal } from "./board.ts";
import { keepToken } from "./memory.ts";

/** Asks who looks: a person, who logs in, or a screen, which shows its token once. */
export function Gate({ refusal }: { refusal: Refusal | null }) {
  const texts = board.texts.value;
  return (
    <form class="gate" onSubmit={submit}>
      <h1>{texts.askToken}</h1>
      {refusal === null ? null : (
        <p class="refused" role="alert">
          {refusal.of === "token" ? texts.tokenRefused : texts.sessionRefused}
          {refusal.of === "token" ? <ServicesWords reason={refusal.reason} /> : null}
        </p>
      )}
      <a class="button" ref={focusFirst} href={refusal?.of === "session" ? "/login" : board.loginPage()}>
        {texts.logIn}
      </a>
      <p class="aside">{texts.orToken}</p>
      <label>
        {texts.tokenLabel}
        <input name="token" type="password" autocomplete="off" required />
      </label>
      <label class="choice">
        <input name="keep" type="checkbox" /> {texts.tokenKeep}
      </label>
      <button type="submit">{texts.tokenShow}</button>
    </form>
  );
}

/** For who made the token. They are in English; to a person the page's own words say all. */
function ServicesWords({ reason }: { reason: string }) {
  return (
    <>
      <br />
      <small lang="en">{reason}</small>
    </>
  );
}

function focusFirst(element: HTMLElement | null): void {
  element?.focus();
}

function submit(event: SubmitEvent): void {
  event.preventDefault();
  const fields = new FormData(event.currentTarget as HTMLFormElement);
  const token = String(fields.get("token")).trim();
  keepToken(token, fields.get("keep") !== null);
  void board.follow(token);
}
