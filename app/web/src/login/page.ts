import { computed, signal } from "@preact/signals";

import { nextPage } from "../session/next.ts";
import { type Answer, type Problem, type Session, SessionClient, type SignOn } from "../session/client.ts";
import { chosenLanguage, otherLanguage, rememberLanguage } from "../text/choice.ts";
import { type Language } from "../text/language.ts";
import { LOGIN_TEXTS } from "../text/login_texts.ts";

const TICK_MS = 500;

/** What the page shows. */
export type View =
  /** Whether somebody is logged in already is not known yet. */
  | { readonly is: "looking" }
  | { readonly is: "form" }
  | { readonly is: "account"; readonly session: Session }
  | { readonly is: "password"; readonly session: Session };

/** What there is to tell, besides. */
export type Notice =
  | { readonly is: "problem"; readonly problem: Problem }
  | { readonly is: "loggedOut" | "passwordChanged" | "notTheSame" };

/** What the whole page knows. There is one. */
class Page {
  readonly view = signal<View>({ is: "looking" });
  readonly notice = signal<Notice | null>(null);
  readonly signOn = signal<SignOn | null>(null);
  readonly isBusy = signal(false);
  readonly language = signal<Language>(chosenLanguage());
  readonly texts = computed(() => LOGIN_TEXTS[this.language.value]);
  /** Until when no attempt is looked at, and what time it is: both by this machine's clock. */
  readonly lockedUntil = signal(0);
  readonly now = signal(Date.now());
  readonly lockedFor = computed(() => Math.max(0, this.lockedUntil.value - this.now.value));

  readonly #client = new SessionClient();
  readonly #wish: string | null;

  constructor() {
    const query = new URLSearchParams(location.search);
    this.#wish = query.get("next");
    const code = query.get("problem");
    if (code === null) return;
    this.notice.value = { is: "problem", problem: { code, retryAfterMs: 0, findings: [] } };
    query.delete("problem");
    history.replaceState(null, "", query.size > 0 ? `?${query}` : location.pathname);
  }

  /** See who is logged in. Who is, and wanted a page, goes on to it. */
  async start(): Promise<void> {
    setInterval(() => (this.now.value = Date.now()), TICK_MS);
    const [session, signOn] = await Promise.all([this.#client.show(), this.#client.ways()]);
    this.signOn.value = signOn;
    if (!("is" in session) || session.is.csrf_token === null) this.view.value = { is: "form" };
    else if (this.#wish !== null) this.goOn();
    else this.view.value = { is: "account", session: session.is };
  }

  /** Log in, and go on. True: it went well. */
  async logIn(name: string, password: string): Promise<boolean> {
    return (await this.#try(() => this.#client.open(name, password), () => this.goOn())) !== null;
  }

  async logOut(session: Session): Promise<void> {
    await this.#try(
      () => this.#client.close(session),
      (end) => {
        this.view.value = { is: "form" };
        this.notice.value = { is: "loggedOut" };
        if (end.continue_at !== null) location.assign(end.continue_at);
      },
    );
  }

  /** True: it is changed. */
  async changePassword(session: Session, current: string, password: string, again: string): Promise<boolean> {
    if (password !== again) {
      this.notice.value = { is: "notTheSame" };
      return false;
    }
    const changed = await this.#try(
      () => this.#client.changePassword(session, current, password),
      (fresh) => {
        this.view.value = { is: "account", session: fresh };
        this.notice.value = { is: "passwordChanged" };
      },
    );
    return changed !== null;
  }

  show(view: View): void {
    this.notice.value = null;
    this.view.value = view;
  }

  goOn(): void {
    location.replace(nextPage(this.#wish, location.origin));
  }

  /** Where single sign-on begins: it comes back to the page that was wanted. */
  signOnAddress(signOn: SignOn): string {
    return this.#wish === null ? signOn.url : `${signOn.url}?next=${encodeURIComponent(this.#wish)}`;
  }

  speakOther(): void {
    this.language.value = otherLanguage(this.language.value);
    rememberLanguage(this.language.value);
  }

  async #try<T>(ask: () => Promise<Answer<T>>, done: (told: T) => void): Promise<T | null> {
    if (this.isBusy.value) return null;
    this.isBusy.value = true;
    this.notice.value = null;
    const answer = await ask();
    this.isBusy.value = false;
    if ("is" in answer) {
      done(answer.is);
      return answer.is;
    }
    this.#refuse(answer.problem);
    return null;
  }

  #refuse(problem: Problem): void {
    this.now.value = Date.now();
    this.lockedUntil.value = problem.retryAfterMs && this.now.value + problem.retryAfterMs;
    if (problem.code === "unauthenticated") this.view.value = { is: "form" };
    this.notice.value = { is: "problem", problem };
  }
}

export const page = new Page();
