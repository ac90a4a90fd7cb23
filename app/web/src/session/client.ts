// One's own session at the service: REST, with the cookie that the browser keeps. The shapes are those of /openapi.json.

/** Who is logged in, and what that one may do. */
export interface Session {
  /** As the audit log names it: `user:lin`. */
  readonly name: string;
  readonly display_name: string;
  readonly role: string;
  readonly permissions: Readonly<Record<string, string>>;
  /** All that a display may follow; null: what the permissions say. */
  readonly topics: readonly string[] | null;
  /** What every change must show; null: it is no session of a user. */
  readonly csrf_token: string | null;
  readonly has_password: boolean;
}

export interface SignOn {
  readonly name: string;
  readonly url: string;
}

/** What went wrong, by its stable code. `unreachable`: the service did not answer. */
export interface Problem {
  readonly code: string;
  /** When the same can be tried again, in milliseconds from now; 0: at once. */
  readonly retryAfterMs: number;
  /** The codes of what is wrong with a field. */
  readonly findings: readonly string[];
}

export type Answer<T> = { readonly is: T } | { readonly problem: Problem };

export const UNREACHABLE: Problem = { code: "unreachable", retryAfterMs: 0, findings: [] };

/** The operations on one's own session. `send` is the browser's fetch. A `token` is shown instead of the cookie. */
export class SessionClient {
  readonly #send: typeof fetch;

  constructor(send: typeof fetch = (input, init) => fetch(input, init)) {
    this.#send = send;
  }

  show(token: string | null = null): Promise<Answer<Session>> {
    return this.#ask("GET", "", { token });
  }

  async ways(): Promise<SignOn | null> {
    const answer = await this.#ask<{ sign_on: SignOn | null }>("GET", "/ways");
    return "is" in answer ? answer.is.sign_on : null;
  }

  open(name: string, password: string): Promise<Answer<Session>> {
    return this.#ask("POST", "", { body: { name, password } });
  }

  close(session: Session): Promise<Answer<{ readonly continue_at: string | null }>> {
    return this.#ask("DELETE", "", { session });
  }

  changePassword(session: Session, current: string, password: string): Promise<Answer<Session>> {
    return this.#ask("POST", "/password", { session, body: { current, password } });
  }

  async #ask<T>(method: string, path: string, what: { session?: Session; body?: object; token?: string | null } = {}): Promise<Answer<T>> {
    const headers = new Headers({ Accept: "application/json" });
    if (what.session?.csrf_token) headers.set("X-CSRF-Token", what.session.csrf_token);
    if (what.token) headers.set("Authorization", `Bearer ${what.token}`);
    if (what.body) headers.set("Content-Type", "application/json");
    try {
      const answer = await this.#send(`/api/v1/session${path}`, {
        method,
        headers,
        body: what.body ? JSON.stringify(what.body) : null,
        credentials: what.token ? "omit" : "same-origin",
        cache: "no-store",
      });
      const told: unknown = await answer.json();
      return answer.ok ? { is: told as T } : { problem: problemOf(told, answer.headers.get("Retry-After")) };
    } catch {
      return { problem: UNREACHABLE };
    }
  }
}

function problemOf(told: unknown, retryAfter: string | null): Problem {
  const { code, errors } = told as { code?: unknown; errors?: readonly { code?: unknown }[] };
  return {
    code: typeof code === "string" ? code : "internal-error",
    retryAfterMs: 1000 * (Number(retryAfter) || 0),
    findings: (errors ?? []).map((each) => String(each.code)),
  };
}
