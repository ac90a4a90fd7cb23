// What this screen remembers. A token never stands in a query: that ends in logs. The fragment is not sent, and is removed at once.

const TOKEN = "thirdring.token";

/** The token of the address, of this tab, or of this screen; null: it must be asked for. */
export function takeToken(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token");
  if (given !== null) {
    sessionStorage.setItem(TOKEN, given);
    fragment.delete("token");
    const rest = fragment.toString();
    history.replaceState(null, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  }
  return given ?? sessionStorage.getItem(TOKEN) ?? localStorage.getItem(TOKEN);
}

/** Keep a token for this tab, or also for after a restart of the screen. */
export function keepToken(token: string, keepsOnScreen: boolean): void {
  sessionStorage.setItem(TOKEN, token);
  if (keepsOnScreen) localStorage.setItem(TOKEN, token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(TOKEN);
  localStorage.removeItem(TOKEN);
}
