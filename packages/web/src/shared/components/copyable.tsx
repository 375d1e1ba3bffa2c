import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { copyText } from '../copy-text.ts'
import { announce } from './announcer.tsx'
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
  const { isCopied, copy } = useCopy(text)
  return (
    <span class="copyable">
      <code title={shown === text ? undefined : text}>
        {/* A command wraps between its options, not inside one. */}
        {shown.split(/ (?=--)/).map((part, at) => [at > 0 && ' ', <Name>{part}</Name>])}
      </code>
      <button type="button" class="bare" aria-label={isCopied ? 'Copied' : `Copy ${name}`} onClick={copy}>
        <Icon name={isCopied ? 'done' : 'copy'} />
      </button>
    </span>
  )
}

/** A button that copies a text which is not shown, or shown elsewhere. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const { isCopied, copy } = useCopy(text)
  return (
    <button type="button" onClick={copy}>
      <Icon name={isCopied ? 'done' : 'copy'} /> {label}
    </button>
  )
}

function useCopy(text: string): { readonly isCopied: boolean; readonly copy: () => void } {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    if (!(await copyText(text))) return announce('The browser did not let it be copied. Select it and copy it.')
    announce('Copied.')
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return { isCopied, copy: () => void copy() }
}

const longestShown = 24

export function cutInMiddle(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, 8)}…${text.slice(-5)}`
}
