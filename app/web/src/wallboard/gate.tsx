import { board } from "./board.ts";
import { keepToken } from "./memory.ts";

/** Asks for the token, once. */
export function Gate({ refusal }: { refusal: string | null }) {
  const texts = board.texts.value;
  return (
    <form class="gate" onSubmit={submit}>
      <h1>{texts.askToken}</h1>
      {refusal === null ? null : (
        <p class="refused" role="alert">
          {texts.tokenRefused}
          <br />
          <small>{refusal}</small>
        </p>
      )}
      <label>
        {texts.tokenLabel}
        <input name="token" type="password" autocomplete="off" required autofocus />
      </label>
      <label class="choice">
        <input name="keep" type="checkbox" /> {texts.tokenKeep}
      </label>
      <button type="submit">{texts.tokenShow}</button>
    </form>
  );
}

function submit(event: SubmitEvent): void {
  event.preventDefault();
  const fields = new FormData(event.currentTarget as HTMLFormElement);
  const token = String(fields.get("token")).trim();
  keepToken(token, fields.get("keep") !== null);
  board.follow(token);
}
