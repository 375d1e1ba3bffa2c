// After a step the page is read again, and the button that was pressed may be gone: its row was removed, or another step took its place. The
// focus would be nowhere then, and a person without a mouse would begin at the top.

/** Call it once a dialog is closed. Where the focus is then, or in the same card, or at the heading of the page, it stays. */
export function keepFocus(): void {
  setTimeout(() => {
    const held = document.activeElement
    const card = held?.closest('section')
    const watch = new MutationObserver(() => {
      if (document.activeElement === held && held !== document.body) return
      watch.disconnect()
      if (document.activeElement !== document.body) return
      const heading = (card?.isConnected && card.querySelector<HTMLElement>('h2')) || document.querySelector('h1')
      if (!heading) return
      heading.tabIndex = -1
      heading.focus({ preventScroll: true })
    })
    watch.observe(document.body, { childList: true, subtree: true })
  })
}
