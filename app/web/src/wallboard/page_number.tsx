import { board } from "./board.ts";

/** Which part of a long list is shown; nothing when all of it is. */
export function PageNumber({ page, pages }: { page: number; pages: number }) {
  return pages === 1 ? null : <span class="page">{board.texts.value.page(page, pages)}</span>;
}
