import type { VNode } from 'preact'
import { Time } from '../components/time.tsx'
import { ShownOnce } from './shown-once.tsx'

export interface ShownLinkProps {
  readonly url: string
  readonly endsAt: string
  readonly onClose: () => void
}

/** Of an invitation. */
export function ShownLink({ url, endsAt, onClose }: ShownLinkProps): VNode {
  return (
    <ShownOnce title="The invitation" name="Link" text={url} onClose={onClose}>
      <p class="soft">
        Send it in a way that you trust: the first person who opens it and makes a passkey gets the role. It works once, until{' '}
        <Time at={endsAt} />.
      </p>
    </ShownOnce>
  )
}
