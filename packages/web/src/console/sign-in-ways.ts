// How operators may sign in here, and why a sign-in at the company failed.
import { useEffect, useState } from 'preact/hooks'
import { apiPath, send } from '../shared/call.ts'

export interface SignInWays {
  readonly operatorSecret: boolean
  /** The identity provider of the company, by the name that its people know. */
  readonly oidc: { readonly name: string } | null
}

/** What works without the answer: the server refuses it if it is turned off. */
const withoutAnswer: SignInWays = { operatorSecret: true, oidc: null }

/** Undefined until they are known. */
export function useSignInWays(): SignInWays | undefined {
  const [ways, setWays] = useState<SignInWays>()
  useEffect(() => {
    send(apiPath('/sign-in'), { method: 'GET' }).then(
      (found) => setWays(found as SignInWays),
      () => setWays(withoutAnswer),
    )
  }, [])
  return ways
}
