// The form to sign in is a file of its own: with a session, the first page goes without it.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Skeleton } from '../shared/components/skeleton.tsx'

type SignIn = typeof import('./sign-in.tsx').SignIn

export function LoadedSignIn(props: Parameters<SignIn>[0]): VNode {
  const [Loaded, setLoaded] = useState<SignIn>()
  const [isFailed, setFailed] = useState(false)
  const load = () => {
    setFailed(false)
    import('./sign-in.tsx').then(
      ({ SignIn }) => setLoaded(() => SignIn),
      () => setFailed(true),
    )
  }
  useEffect(load, [])
  if (Loaded) return <Loaded {...props} />
  if (!isFailed) return <Skeleton />
  return (
    <section class="sign-in">
      <p role="alert">The form to sign in could not be loaded.</p>
      <div class="row">
        <button type="button" onClick={load}>
          Try again
        </button>
      </div>
    </section>
  )
}
