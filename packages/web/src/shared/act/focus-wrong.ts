// Where the focus goes when a step was not taken. Once, when that is known: each letter that is typed afterwards draws the form again, and must not move it.

/** Focuses the first marked field, or else what says why it was not done. */
export function focusWrong(form: HTMLElement | null): void {
  // After it is drawn.
  setTimeout(() => {
    const target = form?.querySelector<HTMLElement>('[data-wrong]') ?? form?.querySelector<HTMLElement>('[role="alert"]')
    if (!target) return
    if (target.matches('[role="alert"]')) target.tabIndex = -1
    target.focus()
  })
}
