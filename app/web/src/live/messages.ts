// What is said on the live stream. The protocol is explained in app/live/README.md.

/** How far a client has come, and in which run of the service. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** A thing of the floor, or null when it is gone. */
export interface Member {
  readonly topic: string;
  readonly value: object | null;
}

interface Head extends Position {
  /** The service's clock when it said this. */
  readonly at: string;
}

export interface Snapshot extends Head {
  readonly type: "snapshot";
  readonly values: readonly Member[];
}

export interface Delta extends Head {
  readonly type: "delta";
  readonly after: number;
  readonly values: readonly Member[];
}

export interface Heartbeat extends Head {
  readonly type: "heartbeat";
  readonly after: number;
}

export type ServerMessage = Snapshot | Delta | Heartbeat;

/** Ends of a connection that another try with the same token does not change: it is not known, or may not follow this. */
export const REFUSALS: ReadonlySet<number> = new Set([4401, 4403]);

export function authenticate(token: string): string {
  return JSON.stringify({ type: "authenticate", token });
}

export function subscribe(topics: readonly string[], resume: Position | null): string {
  return JSON.stringify({ type: "subscribe", topics, numbers: "masked", ...(resume ? { resume } : {}) });
}

/** The message in a frame. Throws on what is none: then service and page are of different versions. */
export function parse(text: string): ServerMessage {
  const message = JSON.parse(text) as ServerMessage;
  if (!["snapshot", "delta", "heartbeat"].includes(message.type)) {
    throw new Error(`Expected a message of the live stream; got one of type ${String(message.type)}.`);
  }
  return message;
}
