// What is typed or pasted while the palette is still loading: it is meant for its field, and no shortcut.

export interface EarlyKeys {
  readonly text: string
  /** Enter was pressed: what is found first is opened. */
  readonly isEntered: boolean
}

/** Begins to keep them. The returned function ends that and returns what came. */
export function keepEarlyKeys(): () => EarlyKeys {
  let text = ''
  let isEntered = false
  const onKey = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event
    const isPaste = (ctrlKey || metaKey) && key.toLowerCase() === 'v'
    event.stopImmediatePropagation()
    if (isPaste) return
    if (key === 'Enter') isEntered = true
    else if (key === 'Backspace') text = text.slice(0, -1)
    else if (key.length === 1 && !ctrlKey && !metaKey && !altKey) text += key
    else if (key.toLowerCase() !== 'k') return
    event.preventDefault()
  }
  const onPaste = (event: ClipboardEvent) => {
    text += event.clipboardData?.getData('text') ?? ''
    event.preventDefault()
  }
  addEventListener('keydown', onKey, true)
  addEventListener('paste', onPaste, true)
  return () => {
    removeEventListener('keydown', onKey, true)
    removeEventListener('paste', onPaste, true)
    return { text, isEntered }
  }
}
