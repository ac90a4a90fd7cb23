import { Backoff } from "./backoff.ts";
import { Copy } from "./copy.ts";
import { authenticate, parse, REFUSALS, type ServerMessage, subscribe } from "./messages.ts";

/** Two heartbeats of the service were missed. */
const SILENCE_MS = 12_000;

/** What a follower tells. */
export interface Listener {
  /** A message was taken; these topics changed, perhaps none. */
  heard(message: ServerMessage, changed: ReadonlySet<string>): void;
  /** Nobody speaks: what is shown is no longer the present state. It goes on trying. */
  lost(): void;
  /** The service does not take the token, or not for this. It does not try again. */
  refused(reason: string): void;
}

/** What a follower needs of the browser. */
export interface Surroundings {
  connect(): WebSocket;
  setTimeout(job: () => void, delay: number): number;
  clearTimeout(timer: number): void;
}

/** Follows topics for as long as the page lives: connects again, resumes, and asks again when a message is missing. */
export class Follower {
  readonly copy = new Copy();
  readonly #token: string | null;
  readonly #topics: readonly string[];
  readonly #listener: Listener;
  readonly #around: Surroundings;
  readonly #backoff: Backoff;
  #socket: WebSocket | null = null;
  #timer = 0;
  #hasAsked = false;

  /** `token` null: the browser brings the cookie of a session. */
  constructor(
    token: string | null,
    topics: readonly string[],
    listener: Listener,
    around: Surroundings,
    backoff: Backoff = new Backoff(),
  ) {
    this.#token = token;
    this.#topics = topics;
    this.#listener = listener;
    this.#around = around;
    this.#backoff = backoff;
  }

  /** Connect. Call it once; or again when the network came back, to try at once. */
  start(): void {
    if (this.#socket !== null) return;
    const socket = this.#around.connect();
    this.#socket = socket;
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = (event: MessageEvent<string>) => this.#hear(socket, event.data);
    socket.onclose = (event) => this.#end(socket, event.code, event.reason);
    this.#expectMessage(socket);
  }

  #greet(socket: WebSocket): void {
    if (this.#token !== null) socket.send(authenticate(this.#token));
    this.#subscribe(socket);
  }

  #subscribe(socket: WebSocket): void {
    this.#hasAsked = true;
    socket.send(subscribe(this.#topics, this.copy.position));
  }

  #hear(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    const message = parse(text);
    const changed = this.copy.take(message);
    if (changed !== null) {
      this.#expectMessage(socket);
      this.#hasAsked = false;
      this.#backoff.reset();
      this.#listener.heard(message, changed);
    } else if (!this.#hasAsked) {
      this.#subscribe(socket);
    }
  }

  /** A socket may look open for minutes after the network is gone. Messages that cannot be taken are as good as silence. */
  #expectMessage(socket: WebSocket): void {
    this.#wait(() => {
      this.#end(socket, 0, "silence");
      socket.close();
    }, SILENCE_MS);
  }

  #end(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    this.#listener.lost();
    if (REFUSALS.has(code)) {
      this.#around.clearTimeout(this.#timer);
      this.#listener.refused(reason);
    } else {
      this.#wait(() => this.start(), this.#backoff.delay());
    }
  }

  #wait(job: () => void, delay: number): void {
    this.#around.clearTimeout(this.#timer);
    this.#timer = this.#around.setTimeout(job, delay);
  }
}
