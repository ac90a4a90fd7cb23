import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";

import type { Agent, Alert, Queue, Site } from "../floor/shapes.ts";

/** The kinds of things by the word before the colon of their topic. */
interface Things {
  queue: Queue;
  agent: Agent;
  alert: Alert;
  site: Site;
}

type Kind = keyof Things;
const KINDS: readonly Kind[] = ["queue", "agent", "alert", "site"];

/** The present floor as signals: a row paints itself anew when its own thing changed, and nothing else does. */
export class Floor {
  readonly #things = new Map<string, Signal<object>>();
  readonly #topics: Record<Kind, Signal<readonly string[]>> = {
    queue: signal([]),
    agent: signal([]),
    alert: signal([]),
    site: signal([]),
  };

  /** All things of a kind, in the order of the site file. */
  readonly queues = this.#all("queue");
  readonly agents = this.#all("agent");
  readonly alerts = this.#all("alert");
  readonly #sites = this.#all("site");
  /** The one site; null before it is known. */
  readonly site: ReadonlySignal<Site | null> = computed(() => this.#sites.value[0]?.value ?? null);

  /** These topics changed; `values` holds what they are now. */
  take(changed: ReadonlySet<string>, values: ReadonlyMap<string, object>): void {
    if (changed.size === 0) return;
    batch(() => {
      let isListed = true;
      for (const topic of changed) isListed = this.#put(topic, values.get(topic)) && isListed;
      if (!isListed) this.#list(values);
    });
  }

  /** The thing with this topic; null when there is none. */
  find<K extends Kind>(kind: K, id: string | null): Things[K] | null {
    return id === null ? null : ((this.#things.get(`${kind}:${id}`)?.value as Things[K] | undefined) ?? null);
  }

  #all<K extends Kind>(kind: K): ReadonlySignal<readonly Signal<Things[K]>[]> {
    return computed(() =>
      this.#topics[kind].value.flatMap((topic) => (this.#things.get(topic) as Signal<Things[K]> | undefined) ?? []),
    );
  }

  /** Whether the lists of topics still hold. */
  #put(topic: string, value: object | undefined): boolean {
    const known = this.#things.get(topic);
    if (value === undefined) return !this.#things.delete(topic);
    if (known === undefined) this.#things.set(topic, signal(value));
    else known.value = value;
    return known !== undefined;
  }

  #list(values: ReadonlyMap<string, object>): void {
    for (const kind of KINDS) {
      this.#topics[kind].value = [...values.keys()].filter((topic) => topic.split(":", 1)[0] === kind);
    }
  }
}
