// Asks a node for the explanation of a refused request: as a program does, or as the page of the console does.
import { setTimeout as pause } from 'node:timers/promises'
import type { OperationOutput } from '@countersign/admin'
import { sameOrigin, sessionPath } from '@countersign/server/console.fixture'
import { patientAdmin } from '@countersign/server/patient-admin.fixture'
import type { Credentials, ServedNode } from '../served-nodes.ts'

type Explanation = Pick<OperationOutput<'requests.explain'>, 'code' | 'reason' | 'changedBy'>
/** @throws Error if there is none */
export type Explain = (node: ServedNode, request: string) => Promise<Explanation>

export const explainAsProgram: Explain = ({ admin }, request) => patientAdmin(admin).call('requests.explain', { params: { request } })

const maxAttempts = 60
const pauseMs = 500

/** Signs in at a node; the session counts at all of them. */
export async function explainAsPage({ url }: ServedNode, { clientId, clientSecret }: Credentials): Promise<Explain> {
  const signedIn = await fetch(url + sessionPath, {
    method: 'POST',
    headers: { ...sameOrigin, 'content-type': 'application/json' },
    body: JSON.stringify({ clientId, clientSecret }),
  })
  if (signedIn.status !== 201) throw new Error(`Signing in was answered with ${signedIn.status}: ${await signedIn.text()}`)
  const cookie = signedIn.headers.getSetCookie()[0]!.split(';', 1)[0]!
  return async (node, request) => {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(`${node.url}/console/api/v1/explain/${request}`, { headers: { ...sameOrigin, cookie } })
      const answer = await response.json()
      if (response.ok) return answer as Explanation
      if (response.status !== 503 || attempt === maxAttempts) throw new Error(`${response.status}: ${JSON.stringify(answer)}`)
      await pause(pauseMs)
    }
  }
}
