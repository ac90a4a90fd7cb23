import type { Member, Position, ServerMessage } from "./messages.ts";

/**
 * A client's copy of the floor; the same rules as `app/live/copy.py`.
 *
 * A snapshot begins anew. A delta or a heartbeat is taken when the copy stands at its `after` or beyond; otherwise something is
 * missing, and it must be asked for. Values are whole things, so taking one twice is harmless.
 */
export class Copy {
  /** Topic of one thing to its present value, in the order of the snapshot. */
  readonly values = new Map<string, object>();
  #position: Position | null = null;

  /** Where to resume; null: nothing is known yet. */
  get position(): Position | null {
    return this.#position;
  }

  /** Take in a message; returns the topics that changed. Null: something is missing, so it was not taken. */
  take(message: ServerMessage): Set<string> | null {
    if (message.type !== "snapshot" && !this.#followsOn(message)) return null;
    const changed = new Set<string>();
    if (message.type === "snapshot") this.#forget(changed);
    this.#position = { epoch: message.epoch, seq: message.seq };
    if (message.type !== "heartbeat") this.#keep(message.values, changed);
    return changed;
  }

  #followsOn(message: Position & { readonly after: number }): boolean {
    return this.#position !== null && message.epoch === this.#position.epoch && message.after <= this.#position.seq;
  }

  #forget(changed: Set<string>): void {
    for (const topic of this.values.keys()) changed.add(topic);
    this.values.clear();
  }

  #keep(members: readonly Member[], changed: Set<string>): void {
    for (const { topic, value } of members) {
      changed.add(topic);
      if (value === null) this.values.delete(topic);
      else this.values.set(topic, value);
    }
  }
}
