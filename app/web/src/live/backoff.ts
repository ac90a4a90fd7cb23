const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** How long to wait before connecting again: longer after each failure, and never the same for all pages of a service. */
export class Backoff {
  readonly #random: () => number;
  #next = FIRST_MS;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait now: between half of the present step and all of it. */
  delay(): number {
    const present = this.#next;
    this.#next = Math.min(LONGEST_MS, present * 2);
    return present * (0.5 + this.#random() / 2);
  }

  /** A message came: begin anew. */
  reset(): void {
    this.#next = FIRST_MS;
  }
}
