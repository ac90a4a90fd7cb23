// How much fits on a screen, pure. Lengths are in units of the style sheet, so that a picture is the same on every screen.

const HEADER = 8;
const MOST_ALERTS = 3;
const WIDE = { alert: 6, queueHead: 4, queue: { least: 6.6, most: 13 } };
/** An alert and a queue take two lines. */
const UPRIGHT = { alert: 9, queueHead: 7.5, queue: { least: 13.2, most: 20 } };
/** The part of the screen that queues may take while there are agents to show. */
const QUEUE_SHARE = 0.56;
const AGENT_HEAD = 4;
const CARD = { width: 33, least: 6.6, most: 15 };
const MARGIN = 2;

/** A screen in units: a hundredth of its height, or of that of a 16:9 screen as wide; on one that stands upright, an 80th of its width. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly isUpright: boolean;
}

/** The rule of the style sheet; both in pixels. */
export function screenOf(width: number, height: number): Screen {
  const isUpright = height >= width;
  const unit = isUpright ? width / 80 : Math.min(height / 100, (width * 9) / 1600);
  return { width: width / unit, height: height / unit, isUpright };
}

/** What there is to show. */
export interface Counts {
  readonly alerts: number;
  readonly queues: number;
  readonly agents: number;
}

export interface Layout {
  readonly alertRows: number;
  readonly queueRows: number;
  readonly queueRowHeight: number;
  readonly agentColumns: number;
  readonly agentRows: number;
  readonly cardHeight: number;
}

/** Sizes and numbers of rows. Nothing is made smaller than what can be read from afar: the rest goes to further pages. */
export function layout(screen: Screen, counts: Counts): Layout {
  const { alert, queueHead, queue } = screen.isUpright ? UPRIGHT : WIDE;
  const alertRows = Math.min(counts.alerts, MOST_ALERTS);
  const body = screen.height - HEADER - alertRows * alert - MARGIN;
  const forQueues = counts.agents > 0 ? body * QUEUE_SHARE : body - AGENT_HEAD - CARD.least;
  const queues = rows(forQueues - queueHead, counts.queues, queue);
  const room = body - queueHead - queues.count * queues.height - AGENT_HEAD;
  const agents = cards(screen.width - 2 * MARGIN, room, counts.agents);
  return { alertRows, queueRows: queues.count, queueRowHeight: queues.height, ...agents };
}

interface Sizes {
  readonly least: number;
  readonly most: number;
}

/** As many rows as fit, spread evenly over the pages. */
function rows(room: number, wanted: number, size: Sizes): { count: number; height: number } {
  const most = Math.max(1, Math.floor(room / size.least));
  const pages = Math.max(1, Math.ceil(wanted / most));
  const count = Math.max(1, Math.ceil(wanted / pages));
  return { count, height: Math.min(size.most, room / count) };
}

/** As few columns as will do, so that names have room; then as many as fit. */
function cards(width: number, room: number, wanted: number): Pick<Layout, "agentColumns" | "agentRows" | "cardHeight"> {
  const mostColumns = Math.max(1, Math.floor(width / CARD.width));
  const mostRows = Math.max(1, Math.floor(room / CARD.least));
  const agentColumns = Math.min(mostColumns, Math.max(Math.min(4, mostColumns), Math.ceil(wanted / mostRows)));
  const { count, height } = rows(room, Math.ceil(wanted / agentColumns), CARD);
  return { agentColumns, agentRows: count, cardHeight: height };
}

/** How long a page of a list stays, in milliseconds. */
export const PAGE_MS = 10_000;

/** How many pages were turned until an instant. All boards of a site turn theirs together. */
export function turnAt(now: number): number {
  return Math.floor(now / PAGE_MS);
}

/** The part of a list that is shown after so many turns; `page` counts from 1. */
export function pageAt<T>(list: readonly T[], perPage: number, turn: number): { shown: readonly T[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(list.length / perPage));
  const page = turn % pages;
  return { shown: list.slice(page * perPage, (page + 1) * perPage), page: page + 1, pages };
}
