/** Where one goes after a log-in that wanted no page. */
const HOME = "/wallboard";

/**
 * The page to go on to, as a whole address: the one that was wished for, if it is one of ours and not the log-in itself. Who makes
 * somebody follow a link to the log-in must not choose another site.
 */
export function nextPage(wish: string | null, origin: string): string {
  const home = new URL(HOME, origin).href;
  if (wish === null || !wish.startsWith("/")) return home;
  try {
    const page = new URL(wish, origin);
    return page.origin === origin && !/^\/(login|api)(\/|$)/.test(page.pathname) ? page.href : home;
  } catch {
    return home;
  }
}

/** The log-in page, which comes back to this address. */
export function loginPage(wanted: string): string {
  return `/login?next=${encodeURIComponent(wanted)}`;
}
