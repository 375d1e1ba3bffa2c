// Why a sign-in at a company failed, by the code in the address. Nothing that the identity provider wrote is shown.
import type { VNode } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { SignInErrorCode } from '@countersign/admin'
import type { CallError } from './call-error.ts'
import { Failure } from './components/failure.tsx'

interface SignInError {
  readonly title: string
  readonly remedy: string
}

export type SignInErrors = { readonly [Code in SignInErrorCode]: SignInError }

/** Those that are the same at the console and the portal. */
export const commonErrors = {
  'idp-refused': { title: 'Your company did not sign you in.', remedy: 'It refused, or you cancelled it there.' },
  'sign-in-ended': {
    title: 'This sign-in is over.',
    remedy: 'It took more than 10 minutes, was used already, or began in another browser. Begin again.',
  },
  'other-person': {
    title: 'Another person has signed in.',
    remedy: 'The session belongs to the person who began it. Sign in as that person, or sign out first.',
  },
  'too-many-attempts': { title: 'There were too many attempts.', remedy: 'Wait for five minutes.' },
} as const satisfies Partial<SignInErrors>

interface SignInFailedProps {
  readonly errors: SignInErrors
  /** From the address: a stranger may have written it. */
  readonly code: string | undefined
}

export function SignInFailed({ errors, code }: SignInFailedProps): VNode | null {
  if (!code) return null
  const known = Object.hasOwn(errors, code) ? errors[code as SignInErrorCode] : undefined
  const { title, remedy } = known ?? { title: 'You were not signed in.', remedy: 'Begin again.' }
  return (
    <section class="callout bad" role="alert">
      <p>
        <b>{title}</b> {remedy}
      </p>
    </section>
  )
}

/** Of a sign-in on this page. With the focus, because it may be outside of the window. */
export function NotSignedIn({ error }: { readonly error: CallError }): VNode {
  const box = useRef<HTMLDivElement>(null)
  // With the answer: an effect comes a frame later, and until then the focus is nowhere.
  useLayoutEffect(() => box.current?.focus(), [])
  return (
    <div ref={box} tabIndex={-1}>
      <Failure error={error} />
    </div>
  )
}
