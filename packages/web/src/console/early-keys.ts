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
  const over = new AbortController()
  const keep = (event: Event) => {
    const { key = '', ctrlKey, metaKey, clipboardData } = event as Partial<KeyboardEvent & ClipboardEvent>
    if (ctrlKey || metaKey || (key.length !== 1 && key !== 'Enter' && !clipboardData)) return
    if (key === 'Enter') isEntered = true
    else text += clipboardData ? clipboardData.getData('text') : key
    event.preventDefault()
    event.stopPropagation()
  }
  for (const kind of ['keydown', 'paste']) addEventListener(kind, keep, { capture: true, signal: over.signal })
  return () => {
    over.abort()
    return { text, isEntered }
  }
}
