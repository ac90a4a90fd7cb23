// The things of the floor, as REST and the live stream show them (see /openapi.json). Only what pages use.

export interface Site {
  readonly name: string;
  readonly time_zone: string;
  readonly ring_ms: number;
  readonly rings: number;
  /** The target: this share of calls is served within this time. A service of an older version does not say. */
  readonly service_level_percent?: number;
  readonly service_level_ms?: number;
}

export interface Queue {
  readonly id: string;
  readonly name: string;
  readonly is_open: boolean;
  readonly waiting: number;
  readonly connected: number;
  readonly longest_wait_since: string | null;
  /** Today, between 0 and 1; null or left out: not known, or no call counts yet. */
  readonly service_level?: number | null;
  /** Agents by why they are unavailable; `available` counts those who are not. */
  readonly members: Readonly<Record<string, number>>;
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly status_since: string;
  readonly pause_code: string | null;
  readonly state: string;
  readonly state_since: string;
  readonly unavailable_reason: string | null;
  /** Since when the agent's phone rings. A service of an older version does not say. */
  readonly ringing_at?: string | null;
}

export interface Alert {
  readonly id: string;
  readonly code: string;
  readonly severity: "alarm" | "warning";
  readonly since: string | null;
  readonly queue_id: string | null;
  readonly agent_id: string | null;
  /** The ring that began: at the agent's phone, or, without an agent, for the caller. A service of an older version does not say. */
  readonly ring?: number | null;
  readonly part: string | null;
}
