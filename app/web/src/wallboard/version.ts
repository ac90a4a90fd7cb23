/** The script's name holds a digest of its content, so it tells one version of the page from another. */
function scriptOf(page: Document): string | null {
  return page.querySelector("script[src]")?.getAttribute("src") ?? null;
}

/**
 * Load the page again if the service has a newer one. Called when the service was restarted: nobody touches a wallboard for weeks,
 * so it must find out by itself.
 */
export async function reloadIfChanged(): Promise<void> {
  const answer = await fetch(location.pathname, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (scriptOf(page) !== scriptOf(document)) location.reload();
}

const RELOAD_AFTER_MS = 10_000;

/** A page that failed must not go on showing what it showed: load it again. */
export function reloadOnFailure(hasFailed: () => void): void {
  const fail = () => {
    hasFailed();
    setTimeout(() => location.reload(), RELOAD_AFTER_MS);
  };
  addEventListener("error", fail, { once: true });
  addEventListener("unhandledrejection", fail, { once: true });
}
