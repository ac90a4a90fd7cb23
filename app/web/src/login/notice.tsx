import { clockText } from "../floor/duration.ts";
import { page } from "./page.ts";

const ID = "notice";

/** What there is to tell, read aloud as soon as it comes. */
export function NoticeLine() {
  const texts = page.texts.value;
  const notice = page.notice.value;
  if (notice === null) return <div id={ID} role="status" />;
  if (notice.is !== "problem") {
    const isRefusal = notice.is === "notTheSame";
    return (
      <div id={ID} class={isRefusal ? "refused" : "good"} role={isRefusal ? "alert" : "status"}>
        {texts[notice.is]}
      </div>
    );
  }
  const { code, findings } = notice.problem;
  return (
    <div id={ID} class="refused" role="alert">
      {texts.problem(code)}
      {code === "weak-password" ? (
        <ul>
          {findings.map((finding) => (
            <li key={finding}>{texts.weakness(finding)}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** How long no attempt is looked at. Not read aloud each second. */
export function LockLine() {
  const left = page.lockedFor.value;
  return left === 0 ? null : <p class="lock">{page.texts.value.tryAgainIn(clockText(left + 999))}</p>;
}
