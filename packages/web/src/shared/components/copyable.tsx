import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from './icon.tsx'
import { Name } from './name.tsx'

export interface CopyableProps {
  /** What is copied, whole. */
  readonly text: string
  /** What is shown; by default the text, cut in the middle if it is long. */
  readonly shown?: string
  /** What it is, for a screen reader: "client id". */
  readonly name?: string
}

/** An id or another technical text with a button that copies all of it. */
export function Copyable({ text, shown = cutInMiddle(text), name = 'text' }: CopyableProps): VNode {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <span class="copyable">
      <code title={shown === text ? undefined : text}>
        <Name>{shown}</Name>
      </code>
      <button type="button" class="bare" aria-label={isCopied ? 'Copied' : `Copy ${name}`} onClick={copy}>
        <Icon name={isCopied ? 'done' : 'copy'} />
      </button>
    </span>
  )
}

const longestShown = 24

export function cutInMiddle(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, 8)}…${text.slice(-5)}`
}
