/** A better reading of the service's clock replaces a worse one; after this long any reading does, since clocks drift. */
const TRUST_MS = 60_000;

/**
 * The service's clock as this page knows it. The machine's own clock may be wrong, and may jump; the time since the page was
 * opened (`performance.now()`) does not. A reading is late by the time that the message travelled, so the latest of all is the best.
 */
export class ServerClock {
  #offset: number | null = null;
  #readAt = 0;

  /** The service said that it is `at`, and it was heard at the page's `elapsed` milliseconds. */
  hear(at: string, elapsed: number): void {
    const offset = Date.parse(at) - elapsed;
    const isOld = elapsed - this.#readAt > TRUST_MS;
    if (this.#offset !== null && offset <= this.#offset && !isOld) return;
    this.#offset = offset;
    this.#readAt = elapsed;
  }

  /** Milliseconds since 1970 by the service's clock; null before it was heard. */
  now(elapsed: number): number | null {
    return this.#offset === null ? null : this.#offset + elapsed;
  }
}
