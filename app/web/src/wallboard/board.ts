import { batch, computed, signal } from "@preact/signals";

import { groupAlerts } from "../floor/alert_groups.ts";
import { layout, screenOf, turnAt } from "../floor/layout.ts";
import { isLoggedIn } from "../floor/doing.ts";
import { ServerClock } from "../live/clock.ts";
import { Follower, type Listener } from "../live/follower.ts";
import type { ServerMessage } from "../live/messages.ts";
import { loginPage } from "../session/next.ts";
import { type Session, SessionClient } from "../session/client.ts";
import { hasQueues, topicsOf } from "../session/view.ts";
import { chosenLanguage, rememberLanguage } from "../text/choice.ts";
import { type Language } from "../text/language.ts";
import { TEXTS } from "../text/texts.ts";
import { Floor } from "./floor.ts";
import { reloadIfChanged } from "./version.ts";
import { forgetToken, takeToken } from "./memory.ts";

const TICK_MS = 500;
const ASK_AGAIN_MS = 2_000;

/** How the page stands with the service. */
export type Standing =
  /** For a log-in or a token; `refusal` is what the service said of the last one. */
  | { readonly is: "asking"; readonly refusal: Refusal | null }
  | { readonly is: "connecting" }
  | { readonly is: "fresh" }
  | { readonly is: "stale"; readonly since: number };

export interface Refusal {
  /** Of what: a token, or a person's session. */
  readonly of: "token" | "session";
  readonly reason: string;
}

/** What the whole page knows. There is one. */
class Board implements Listener {
  readonly floor = new Floor();
  readonly standing = signal<Standing>({ is: "connecting" });
  /** The service's clock, in milliseconds since 1970; 0 before it is known. */
  readonly now = signal(0);
  /** How many pages of long lists were turned; it changes seldom, so long lists are painted anew seldom. */
  readonly turn = computed(() => turnAt(this.now.value));
  /** Turns with each message: it keeps the curtain away. */
  readonly beat = signal(0);
  readonly language = signal<Language>(chosenLanguage());
  /** Whether this board is to show queues; a display of one team has none. */
  readonly showsQueues = signal(true);
  /** Who looks, if it is a person who is logged in. */
  readonly person = signal<Session | null>(null);
  readonly texts = computed(() => TEXTS[this.language.value]);
  readonly screen = signal(screenOf(innerWidth, innerHeight));
  readonly loggedIn = computed(() => this.floor.agents.value.filter((agent) => isLoggedIn(agent.value)));
  readonly alertGroups = computed(() => groupAlerts(this.floor.alerts.value.map((alert) => alert.value)));
  readonly layout = computed(() =>
    layout(this.screen.value, {
      alerts: this.alertGroups.value.length,
      queues: this.floor.queues.value.length,
      agents: this.loggedIn.value.length,
    }),
  );

  readonly #clock = new ServerClock();
  #follower: Follower | null = null;
  #epoch: string | null = null;
  #heardAt = 0;
  #hasFailed = false;

  /** Begin to follow, with the token that is at hand, or as who is logged in. */
  start(): void {
    setInterval(() => this.#tick(), TICK_MS);
    addEventListener("resize", () => (this.screen.value = screenOf(innerWidth, innerHeight)));
    addEventListener("online", () => this.#follower?.start());
    const token = takeToken();
    if (token === null) void this.#followAsPerson();
    else void this.follow(token);
  }

  /** Follow what this token may. What is wrong with it the stream says. */
  async follow(token: string): Promise<void> {
    this.standing.value = { is: "connecting" };
    const answer = await new SessionClient().show(token);
    if ("is" in answer) this.#follow(token, topicsOf(answer.is));
    else if (answer.problem.code === "unauthenticated") this.#follow(token, ["site"]);
    else setTimeout(() => void this.follow(token), ASK_AGAIN_MS);
  }

  /** `token` null: with the session of who is logged in. */
  #follow(token: string | null, topics: readonly string[]): void {
    this.standing.value = { is: "connecting" };
    this.showsQueues.value = hasQueues(topics);
    this.#follower = new Follower(token, topics, this, {
      connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`),
      setTimeout: (job, delay) => window.setTimeout(job, delay),
      clearTimeout: (timer) => window.clearTimeout(timer),
    });
    this.#follower.start();
  }

  /** Where a person logs in, and comes back from. */
  loginPage(): string {
    return loginPage(location.pathname + location.search);
  }

  speak(language: Language): void {
    this.language.value = language;
    rememberLanguage(language);
  }

  /** Something is wrong with the page itself: what it shows can no longer be trusted. */
  fail(): void {
    this.lost();
    this.#hasFailed = true;
  }

  heard(message: ServerMessage, changed: ReadonlySet<string>): void {
    if (this.#hasFailed) return;
    batch(() => {
      this.#clock.hear(message.at, performance.now());
      this.#tick();
      this.#heardAt = this.now.value;
      this.floor.take(changed, this.#follower?.copy.values ?? new Map());
      this.standing.value = { is: "fresh" };
      this.beat.value = 1 - this.beat.value;
    });
    if (this.#epoch !== null && this.#epoch !== message.epoch) void reloadIfChanged();
    this.#epoch = message.epoch;
  }

  lost(): void {
    if (this.standing.value.is === "fresh") this.standing.value = { is: "stale", since: this.#heardAt };
  }

  refused(reason: string): void {
    const of = this.person.value === null ? "token" : "session";
    forgetToken();
    this.person.value = null;
    this.#follower = null;
    this.standing.value = { is: "asking", refusal: { of, reason } };
  }

  async #followAsPerson(): Promise<void> {
    const answer = await new SessionClient().show();
    if ("is" in answer && answer.is.csrf_token !== null) {
      this.person.value = answer.is;
      this.#follow(null, topicsOf(answer.is));
    } else if ("is" in answer || answer.problem.code === "unauthenticated") {
      this.standing.value = { is: "asking", refusal: null };
    } else {
      setTimeout(() => void this.#followAsPerson(), ASK_AGAIN_MS);
    }
  }

  #tick(): void {
    this.now.value = this.#clock.now(performance.now()) ?? 0;
  }
}

export const board = new Board();
