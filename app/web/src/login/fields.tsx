import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";

import { page } from "./page.ts";

/** For the `ref` of what is to be typed into, or pressed, first. */
export function focusFirst(element: HTMLElement | null): void {
  element?.focus();
}

/** A field for a password. It tells when Caps Lock is on: nobody sees what is typed. */
export function PasswordField(field: {
  readonly name: string;
  readonly label: string;
  readonly autocomplete: "current-password" | "new-password";
  readonly isFirst?: boolean;
  readonly input?: RefObject<HTMLInputElement | null>;
}) {
  const hasCapsLock = useSignal(false);
  const look = (event: KeyboardEvent | MouseEvent) => {
    hasCapsLock.value = event.getModifierState("CapsLock");
  };
  return (
    <label>
      {field.label}
      <input
        name={field.name}
        type="password"
        autocomplete={field.autocomplete}
        maxLength={1024}
        required
        aria-describedby="notice"
        ref={field.input ?? (field.isFirst ? focusFirst : null)}
        onKeyDown={look}
        onKeyUp={look}
        onBlur={() => (hasCapsLock.value = false)}
      />
      {hasCapsLock.value ? <small class="caps">{page.texts.value.capsLock}</small> : null}
    </label>
  );
}

/** The fields of a form by name. */
export function textsOf(event: SubmitEvent): (name: string) => string {
  event.preventDefault();
  const fields = new FormData(event.currentTarget as HTMLFormElement);
  return (name) => String(fields.get(name) ?? "");
}
